"""First floor: what is done to data. Pure columnar kernels and the PTransforms that wire them."""
