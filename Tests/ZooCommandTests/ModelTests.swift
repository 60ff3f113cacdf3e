import Testing
import ZooFormats
import ZooTestSupport

/// The families and models of the repository, as a user meets them.
@Suite(.serialized) struct ModelTests {
  static let models = [
    "lenet5", "unet", "text-cnn", "wavenet", "char-lstm", "char-gpt", "karate-gcn", "vae-mnist", "moons-flow", "gan-mnist", "ddpm-mnist",
  ]

  /// Those whose weights are too large to be here.
  static let imageNet = [
    "resnet18", "resnet34", "resnet50", "resnet101", "vgg11", "vgg13", "vgg16", "vgg19", "alexnet", "googlenet", "mobilenet-v2",
    "efficientnet-lite0",
  ]

  @Test(arguments: models)
  func runsWithoutFlagsInUnderFiveSeconds(_ model: String) throws {
    // Other tests run at the same time, so what counts is the processor's time. On one thread that is what would have gone by;
    // threads that wait for one another would add theirs.
    var outputs: Set<String> = []
    for options in ["", " --threads 1"] {
      let result = try zoo("run \(model)\(options)")
      #expect(result.errors == "")
      #expect(result.status == 0)
      #expect(result.output.count >= 30)
      outputs.insert(result.output)
      if !options.isEmpty { #expect(result.processorSeconds < 5) }
    }
    #expect(outputs.count == 1, "the same seed, the same answer")
  }

  @Test func theListShowsTenFamiliesAndTheModels() throws {
    let list = try zoo("list --json")
    let json = try JSONDocument(Array(list.output.utf8), file: "list").root
    func names(_ key: String) -> [String] { json[key]?.array?.compactMap { $0["name"]?.string } ?? [] }
    #expect(names("families").sorted() == ["cnn", "core", "ddpm", "flow", "foreign", "gan", "gnn", "rnn", "transformer", "vae"])
    #expect(Set(Self.models + Self.imageNet).isSubset(of: names("models")))
  }

  @Test(arguments: [("vae-mnist", "decode"), ("ddpm-mnist", "main"), ("gan-mnist", "main")])
  func aSheetOfDigitsIsDrawnBySeed(_ model: String, _ graph: String) throws {
    let folder = try TemporaryFolder()
    func draw(_ seed: Int) throws -> [UInt8] {
      let path = "\(folder.path)/\(seed).png"
      let result = try zoo("run \(model) --graph \(graph) --output image=\(path) --seed \(seed) --set count=4")
      try #require(result.status == 0, "\(result.errors)")
      return try Array(MappedFile(path).contents)
    }
    let first = try draw(1)
    #expect(first.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    #expect(try draw(1) == first)
    #expect(try draw(2) != first)
  }

  @Test func noFamilyIsLinkedWithAnother() throws {
    let families = Repository.files(in: Repository.plugins).filter { $0.hasSuffix(".so") }
    #expect(families.count >= 10)
    for file in families {
      let result = try Command.run(["readelf", "-d", "\(Repository.plugins)/\(file)"])
      let needed = result.output.split(separator: "\n").filter { $0.contains("(NEEDED)") }
      try #require(!needed.isEmpty)
      for name in families {
        let stem = name.dropLast(3)
        #expect(!needed.contains { $0.contains("[\(name)]") || $0.contains("zoo-\(stem)") }, "\(file) needs \(name)")
      }
    }
  }
}
