"""How many threads the numeric libraries may use. They read it when they are loaded, so this loads none of them."""

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""A message's products are small: threads that wait for each other cost twice the CPU, and training gains nothing by
them. It also makes sums come out the same on machines with more processors."""
