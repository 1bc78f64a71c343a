"""The module name of the 2017 code: ``from multicut import solve_nl_lmp``."""
from lib.multicut_cython.multicut import solve, solve_nl_lmp  # noqa: F401
