// ZooRuntime
