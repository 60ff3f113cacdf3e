import Glibc
import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTraining
import ZooTypes

/// Folders of images, a folder for each class.
struct DataFolderTests {
  private static let patches = Repository.root + "/zoo/data/patches"

  private static func image(_ name: String) throws -> [UInt8] { try MappedFile(patches + "/" + name).contents }

  /// Two classes: what else lies there is passed by.
  private func photos() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for i in 1...4 {
      try folder.file("photos/b dogs/\(i).jpg", bytes: Self.image("buildings/0\(i).jpg"))
      try folder.file("photos/a cats/deep/\(i).JPG", bytes: Self.image("flowers/0\(i).jpg"))
    }
    try folder.file("photos/a cats/0.png", bytes: Self.image("flowers/00.png"))
    try folder.file("photos/a cats/.hidden.jpg", bytes: [1])
    try folder.file("photos/a cats/notes.txt", bytes: [2])
    try folder.file("photos/README.md", bytes: [3])
    return folder
  }

  @Test func classesAreFoldersInTheOrderOfTheirNames() throws {
    let folder = try photos()
    let job = try DataModels.job(DataModels.images("photos"), in: folder.path)
    #expect(job.classes == ["a cats", "b dogs"])
    #expect(job.parts.training.count == 9)
    let summary = try job.trainer.train()
    #expect(summary.training[0].value.isFinite)
  }

  @Test func aUsersOwnFolderMayLieAnywhere() throws {
    let (folder, other) = (try photos(), try TemporaryFolder())
    let job = try DataModels.job(DataModels.images("nowhere"), in: other.path) { $0.data = folder.path + "/photos" }
    #expect(job.parts.training.count == 9)
  }

  /// What a folder's batches hold is what an array of the same images holds, though they are read on another thread.
  @Test func batchesAreReadAheadWithTheSameBits() throws {
    let folder = try TemporaryFolder()
    let names = (0..<24).map { i in ["buildings", "flowers"][i % 2] + "/" + (i < 2 ? "00.png" : "\(i / 2 < 10 ? "0" : "")\(i / 2).jpg") }
    for name in names { try folder.file("photos/" + name, bytes: Self.image(name)) }
    let codec = try #require(Repository.catalog.codec("image"))
    let input = GraphInput("x", shape: [.named("N"), .fixed(16), .fixed(16), .fixed(3)])
    var bytes: [UInt8] = []
    let sorted = names.sorted()
    for name in sorted {
      let image = try MappedFile(folder.path + "/photos/" + name).withUnsafeBytes {
        try CodecRunner(codec).decode($0, file: name, for: input)
      }
      bytes += Array(image.bytes)
    }
    let labels = sorted.map { $0.hasPrefix("b") ? 0 : 1 }
    try bytes.withUnsafeBytes { images in
      _ = try labels.withUnsafeBytes { labels in
        try folder.file(
          "d.npz",
          bytes: NPZ.encode([NamedTensor("x", Spec([24, 16, 16, 3]), images), NamedTensor("label", Spec([24], .i64), labels)]))
      }
    }
    let manifest = DataModels.images("photos", train: #""epochs": 3,"#)
    let array = manifest.replacing(#""folder": "photos""#, with: #""file": "d.npz""#)
      .replacing(#"{"x": "file", "label": "class"}"#, with: #"{"x": {"key": "x", "codec": "npz"}, "label": "label"}"#)
    let jobs = try [manifest, array].map { try DataModels.job($0, in: folder.path) }
    for job in jobs { _ = try job.trainer.train() }
    #expect(jobs[0].bits == jobs[1].bits)
    #expect(jobs[0].bits != (try DataModels.job(manifest, in: folder.path).bits))
  }

  /// While LeNet-5 computes on one batch of digits, the next is read: training hardly ever waits.
  @Test func digitsAreReadFasterThanLeNetLearns() throws {
    let job = try ZooModels.job("lenet5") { $0.epochs = 2 }
    let summary = try job.trainer.train()
    // 0.1 % on two quiet cores; others may be busy here.
    #expect(job.trainer.secondsWaitingForData < 0.1 * summary.seconds)
  }

  @Test func aDamagedImageIsNamed() throws {
    let folder = try photos()
    try folder.file("photos/a cats/deep/9.jpg", bytes: Array("not an image".utf8))
    let words = DataModels.words(DataModels.images("photos"), in: folder.path)
    #expect(words.first?.hasPrefix("HERE/photos/a cats/deep/9.jpg: ") == true)
    #expect(words.last == "the codec 'image' reads it; try to open the file with another program")
    // One whose header is whole is found when it is decoded, on the thread that reads ahead.
    try folder.file("photos/a cats/deep/9.jpg", bytes: Array(Self.image("flowers/09.jpg").prefix(700)))
    #expect(DataModels.words(DataModels.images("photos"), in: folder.path).first?.hasPrefix("HERE/photos/a cats/deep/9.jpg: ") == true)
  }

  @Test func whatIsNoFolderOfExamplesIsRefused() throws {
    let folder = try photos()
    mkdir(folder.path + "/photos/empty", 0o700)
    #expect(
      DataModels.words(DataModels.images("photos"), in: folder.path) == [
        "'HERE/photos/empty' should hold the examples of a class, but has no files that end in .png, .jpg, .jpeg",
        "put files there, or remove the folder with: rmdir 'HERE/photos/empty'",
      ])
    rmdir(folder.path + "/photos/empty")
    #expect(
      DataModels.words(DataModels.images("photos/a cats/deep"), in: folder.path) == [
        "input 'label' takes the class of an example, but 'HERE/photos/a cats/deep' has no folders",
        "put the files of each class into a folder of its own, named after the class",
      ])
    // As where the manifest says what the classes are.
    let flat = DataModels.images("photos/a cats/deep")
      .replacing(#""folder": "photos/a cats/deep""#, with: #""folder": "photos/a cats/deep", "classes": ["a", "b"]"#)
    #expect(
      DataModels.words(flat, in: folder.path).first
        == "input 'label' takes the class of an example, but 'HERE/photos/a cats/deep' has no folders")
    mkdir(folder.path + "/bare", 0o700)
    #expect(
      DataModels.words(DataModels.images("bare"), in: folder.path) == [
        "'HERE/bare' has no files that end in .png, .jpg, .jpeg", "put files there, or a folder of files for each class",
      ])
    #expect(
      DataModels.words(DataModels.images("photos/README.md"), in: folder.path) == [
        "'HERE/photos/README.md' is a file, but the model learns from a folder",
        "give --data a folder with a folder of files for each class",
      ])
    #expect(
      DataModels.words(DataModels.images("photos"), in: folder.path, data: folder.path + "/photo") == [
        "there is no file 'HERE/photo'", "did you mean 'photos'?",
      ])
    let file = DataModels.sum(#""x": {"shape": ["N", 1]}"#, data: #""file": "d.csv", "inputs": {"x": "a"}"#)
    #expect(
      DataModels.words(file, in: folder.path, data: folder.path + "/photos") == [
        "'HERE/photos' is a folder, but the model learns from a file", "give --data a file",
      ])
    let values = DataModels.sum(#""x": {"shape": ["N", 1]}"#, data: #""inputs": {"x": {"values": [[1]]}}"#)
    #expect(
      DataModels.words(values, in: folder.path, data: folder.path + "/photos") == [
        "'HERE/photos' is given as data, but the model's manifest names neither a file nor a folder", "leave --data out",
      ])
  }

  @Test func classesThatTheModelDoesNotTellApartAreRefused() throws {
    let folder = try photos()
    #expect(
      DataModels.words(DataModels.images("photos", #", "classes": ["a cats", "c"]"#), in: folder.path) == [
        "'HERE/photos' has the classes 'a cats', 'b dogs', but the model tells 'a cats', 'c' apart",
        "leave --set out, so that the folder says what the classes are, or name the folders as the model does",
      ])
    #expect(
      DataModels.words(DataModels.images("photos", #", "classes": 3"#), in: folder.path) == [
        "'HERE/photos' has 2 classes, 'a cats', 'b dogs', but the model tells 3 apart",
        "leave --set out, so that the folder says how many there are",
      ])
    #expect(DataModels.words(DataModels.images("photos", #", "classes": 2"#), in: folder.path).isEmpty)
  }

  @Test func aManifestsFolderHasNoLinksOutOfIt() throws {
    let folder = try photos()
    symlink(Self.patches + "/flowers/05.jpg", folder.path + "/photos/a cats/link.jpg")
    let manifest = DataModels.images("photos")
    #expect(
      DataModels.words(manifest, in: folder.path) == [
        "'HERE/photos/a cats/link.jpg' is a link that leads out of 'HERE/photos'", "copy the file there; --data FOLDER may hold any links",
      ])
    #expect(DataModels.words(manifest, in: folder.path, data: folder.path + "/photos").isEmpty)
    symlink(folder.path + "/photos", folder.path + "/photos/a cats/round")
    let words = DataModels.words(manifest, in: folder.path, data: folder.path + "/photos")
    #expect(words.first?.hasSuffix("is more than 16 folders deep") == true)
    #expect(words.last == "is it a link to a folder that it is in?")
  }

  @Test func imagesOfManySizesNeedAnInputOfOne() throws {
    let folder = try photos()
    try folder.file("photos/a cats/large.jpg", bytes: try MappedFile(Repository.root + "/zoo/data/photos/flower.jpg").contents)
    let words = DataModels.words(DataModels.images("photos", shape: #"["N", "H", "W", 3]"#), in: folder.path)
    #expect(
      words == [
        "'HERE/photos/a cats/large.jpg' becomes [427, 640, 3], but 'HERE/photos/a cats/0.png' becomes [48, 48, 3]",
        "give the input a shape of fixed lengths, to which files are brought",
      ])
  }
}
