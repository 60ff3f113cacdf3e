// ZooTraining
