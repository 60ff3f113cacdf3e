// ZooCommand
