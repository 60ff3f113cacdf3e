import Glibc
import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// The ImageNet models against the reference implementations, on the same weights: see Tests/Reference/imagenet.py.
@Suite(.serialized) struct ImageNetModelTests {
  /// A model of the repository.
  private func model(_ name: String, _ settings: [String: JSON] = [:]) throws -> Model {
    let listing = try Zoo(ZooFolder(path: Repository.root + "/zoo")).model(name)
    return try listing.manifest.expand(settings: settings, catalog: Repository.catalog)
  }

  /// The classes' names, in order.
  private let names: [String]

  init() throws {
    let file = try MappedFile(Repository.root + "/zoo/labels/imagenet.txt")
    names = String(decoding: file.contents, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test(
    "the numbers of parameters are the known ones",
    arguments: [
      ("resnet18", 11_689_512), ("resnet34", 21_797_672), ("resnet50", 25_557_032), ("resnet101", 44_549_160), ("resnet", 25_557_032),
      ("vgg11", 132_863_336), ("vgg13", 133_047_848), ("vgg16", 138_357_544), ("vgg19", 143_667_240), ("vgg", 138_357_544),
      ("alexnet", 61_100_840), ("googlenet", 6_624_904), ("mobilenet-v2", 3_504_872), ("efficientnet-lite0", 4_652_008),
    ])
  func counts(_ name: String, _ count: Int) throws {
    #expect(try ModelSummary(model(name).graph, inputs: [Spec([1, 224, 224, 3])]).trainableCount == count)
  }

  // 1e-5 of the largest output; PyTorch in f32 is itself up to 2e-6 off what is computed in f64.
  @Test(
    "outputs are those of the reference implementation",
    arguments: ["resnet18", "resnet50", "vgg11", "vgg16", "alexnet", "googlenet", "mobilenet-v2", "efficientnet-lite0"])
  func outputs(_ name: String) throws {
    let fixture = try ImageNetFixture(name)
    let graph = try model(name, ["size": JSON(.integer(fixture.size))]).graph
    let bytes = fixture.weights()
    try bytes.withUnsafeBytes { bytes in
      // Every tensor of the state dict is there and has its place: weights that do not fit throw.
      let session = Session(graph, weights: (try SafeTensors(bytes), name))
      let program = try session.program([Spec([1, fixture.size, fixture.size, 3])])
      #expect(session.store.trainableCount == fixture.parameterCount)
      Formula.image(fixture.size).withUnsafeBytes { program.inputs[0].bytes.copyMemory(from: $0) }
      try program.forward()
      expectClose(program.copyOutput(0).floats, fixture.output, tolerance: 1e-5, name)
    }
  }

  @Test func photosGetTheirLabels() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write(ImageNetFixture("resnet18").weights(), to: folder.path + "/resnet18.safetensors")
    let command = "run resnet18 --weights \(folder.path)/resnet18.safetensors --input image=zoo/data/photos/flower.jpg"
    let json = try JSONDocument(Array(try zoo("\(command) --json").output.utf8), file: "output").root
    let labels = try #require(json["outputs"]?["label"]?.array)
    #expect(labels.count == 5)
    for label in labels { #expect(try label["label"]?.string == names[#require(label["index"]?.integer)]) }

    let result = try zoo(command)
    #expect(result.errors == "")
    #expect(result.status == 0)
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 5)
    for (line, label) in zip(lines, labels) { #expect(try line.hasPrefix(#require(label["label"]?.string)) && line.hasSuffix(" %")) }
  }

  static var hasRealWeights: Bool { access(Repository.root + "/zoo/weights/efficientnet-lite0.safetensors", R_OK) == 0 }

  // As PyTorch with the same weights, on photos that Pillow has cut and resized: 698 (.299) and 985 (.211).
  @Test(
    "real weights tell real photos",
    .enabled(if: ImageNetModelTests.hasRealWeights, "Tests/Reference/efficientnet_lite0.py makes the weights"),
    arguments: [("china", 698, 0.30), ("flower", 985, 0.21)])
  func realWeights(_ photo: String, _ label: Int, _ probability: Double) throws {
    let result = try zoo("run efficientnet-lite0 --input image=zoo/data/photos/\(photo).jpg --json")
    let best = try JSONDocument(Array(result.output.utf8), file: "output").root["outputs"]?["label"]?.array?.first
    #expect(best?["index"]?.integer == label)
    #expect(try abs(#require(best?["probability"]?.number) - probability) < 0.01)
  }

  @Test func withoutWeightsItSaysWhichFileIsMissing() throws {
    let result = try zoo("run resnet34")
    #expect(
      result.errors == """
        zoo: 'resnet34' has no weights yet: there is no 'zoo/weights/resnet34.safetensors'
          help: give them with --weights FILE, or run untrained ones with --seed 0

        """)
    #expect(result.status == 1)
  }

  @Test func theLabelsAreTheThousandClassesInOrder() throws {
    #expect(names.count == 1000)
    #expect([0, 282, 698, 985, 999].map { names[$0] } == ["tench", "tiger cat", "palace", "daisy", "toilet tissue"])
  }
}
