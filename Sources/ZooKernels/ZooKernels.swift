// ZooKernels
