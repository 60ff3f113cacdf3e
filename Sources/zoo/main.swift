import Glibc
import ZooCommand

exit(runZooCommand(Array(CommandLine.arguments.dropFirst())))
