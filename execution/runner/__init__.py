"""The program that runs an attempt's step instances at a site, and the small batch system of the `local` driver.

Standard library only, Python 3.6 and later; shipped as one zipped file by `execution.runner_archive`.
"""
