"""The tests, in the folders of the package that they test; what several of them use is imported from here.

This alone makes a package: the folders in it need no ``__init__.py``, and so each file of tests has a name of its own.
"""
