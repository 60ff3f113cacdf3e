// ZooFormats
