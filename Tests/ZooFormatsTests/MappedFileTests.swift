import Glibc
import Testing
import ZooFormats

struct MappedFileTests {
  @Test func aFileIsReadAsItIs() throws {
    try Files.inFolder { folder in
      try AtomicFile.write(Array("hello".utf8), to: folder + "/a.txt")
      #expect(try MappedFile(folder + "/a.txt").contents == Array("hello".utf8))
    }
  }

  @Test func anEmptyFileHasNoBytes() throws {
    #expect(try MappedFile(Files.fixture("images/empty.png")).contents.isEmpty)
  }

  @Test func aMissingFileIsNamedWithOneThatIsCloseToIt() {
    let folder = Files.fixture("images")
    expectError("there is no file '\(folder)/gray.png'", help: "did you mean 'grey.png'?") { _ = try MappedFile(folder + "/gray.png") }
    expectError("there is no file '\(folder)/nothing-like-it'", help: "look at what is in '\(folder)'") {
      _ = try MappedFile(folder + "/nothing-like-it")
    }
    expectError("there is no file '/no/folder/x'", help: "look at what is in '/no/folder'") { _ = try MappedFile("/no/folder/x") }
  }

  @Test func whatIsNoFileIsNotWaitedFor() throws {
    expectError("'/tmp' is a folder, not a file") { _ = try MappedFile("/tmp") }
    expectError("'/dev/null' is a device, not a file") { _ = try MappedFile("/dev/null") }
    try Files.inFolder { folder in
      mkfifo(folder + "/pipe", 0o600)
      expectError("'\(folder)/pipe' is a pipe, not a file") { _ = try MappedFile(folder + "/pipe") }
    }
  }
}

struct AtomicFileTests {
  @Test func aFileIsReplacedAsAWholeAndNothingElseIsLeft() throws {
    try Files.inFolder { folder in
      let path = folder + "/weights"
      try AtomicFile.write(Array("old".utf8), to: path)
      let big = [UInt8](repeating: 7, count: 200_000)
      try AtomicFile.replace(path) { (output) throws(FileError) in
        try output.write(Array("new".utf8))
        try output.write(big)
        try output.write([1])
        #expect(output.count == 200_004)
      }
      #expect(try MappedFile(path).contents == Array("new".utf8) + big + [1])
      #expect(Files.names(in: folder) == ["weights"])
    }
  }

  @Test func afterAFailureTheOldFileIsThereAndNothingElse() throws {
    try Files.inFolder { folder in
      let path = folder + "/weights"
      try AtomicFile.write(Array("old".utf8), to: path)
      let problem = FileError.system(action: "write", path: path, code: ENOSPC)
      expectError(
        "cannot write '\(path)': No space left on device",
        help: "free some space where '\(folder)' is, or write elsewhere; nothing was left behind"
      ) {
        try AtomicFile.replace(path) { (output) throws(FileError) in
          try output.write([UInt8](repeating: 7, count: 200_000))
          throw problem
        }
      }
      #expect(try MappedFile(path).contents == Array("old".utf8))
      #expect(Files.names(in: folder) == ["weights"])
    }
  }

  @Test func aSymbolicLinkIsFollowed() throws {
    try Files.inFolder { folder in
      symlink("target", folder + "/link")
      try AtomicFile.write([1], to: folder + "/target")
      try AtomicFile.write([2], to: folder + "/link")
      #expect(try MappedFile(folder + "/target").contents == [2])
      #expect(Files.names(in: folder) == ["link", "target"])
    }
  }

  @Test func aFullDiskIsSaidSo() {
    // The device that refuses every byte.
    expectError("cannot write '/dev/full': No space left on device") { try AtomicFile.write([1, 2, 3], to: "/dev/full") }
  }

  @Test func aDeviceIsWrittenToRatherThanReplaced() throws {
    try AtomicFile.write([1, 2, 3], to: "/dev/null")
    expectError("'/dev/null' is a device, not a file") { _ = try MappedFile("/dev/null") }
  }

  @Test func whatCannotBeWrittenIsSaidSo() throws {
    expectError("cannot write '/no/folder/x': No such file or directory", help: "make the folder '/no/folder' first") {
      try AtomicFile.write([1], to: "/no/folder/x")
    }
    expectError("'/tmp' is a folder, not a file") { try AtomicFile.write([1], to: "/tmp") }
    try Files.inFolder { folder in
      let name = String(repeating: "x", count: 300)
      expectError("cannot write '\(folder)/\(name)': File name too long", help: "use a shorter name") {
        try AtomicFile.write([1], to: folder + "/" + name)
      }
    }
  }

  @Test(
    "what the system says comes with what to do",
    arguments: [
      (EACCES, "Permission denied", "look at the permissions with: ls -ld 'runs/x' 'runs'"),
      (EROFS, "Read-only file system", "write to a folder that is not mounted read-only"),
      (EMFILE, "Too many open files", "too many files are open; close some or raise 'ulimit -n'"),
      (EIO, "Input/output error", "check the disk and the path, then try again"),
    ])
  func systemErrors(_ code: Int32, _ words: String, _ help: String) {
    expectError("cannot open 'runs/x': \(words)", help: help) { throw FileError.system(action: "open", path: "runs/x", code: code) }
  }
}
