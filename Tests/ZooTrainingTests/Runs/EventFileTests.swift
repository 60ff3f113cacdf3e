import Glibc
import Testing
import ZooFormats
import ZooTestSupport
import ZooTraining

/// Event files against TensorBoard's own reader.
///
/// `Tests/Fixtures/training/events` was written by TensorBoard's own writer (Tests/Reference/write_events.py), and `events.jsonl` is what its reader
/// found there (Tests/Reference/read_events.py).
struct EventFileTests {
  private static let fixture = Repository.fixtures + "/training/events/events.out.tfevents.1700000000.zoo.1.0"
  private static let picture = Repository.root + "/zoo/data/samples/7.png"

  private static func write(in folder: String) throws {
    var time = 1_700_000_000.0
    let file = try EventFile(in: folder) {
      time += 0.25
      return time
    }
    try file.text("manifest", "```json\n{\"zoo\": 1}\n```")
    for step in 1...3 {
      try file.scalars([("loss/training", 2.5 / Double(step)), ("accuracy/held_out", 0.125 * Double(step))], step: 100 * step)
    }
    try file.image("samples/image", png: try MappedFile(picture).contents, step: 300)
    try file.scalars([("loss/training", .nan), ("rate", 1e-30)], step: 1 << 40)
  }

  private static func contents(of folder: String) throws -> [UInt8] {
    let name = try #require(filesIn(folder).first { $0.hasPrefix(EventFile.prefix) })
    return try MappedFile(folder + "/" + name).contents
  }

  @Test func bytesAreThoseThatTensorBoardWrites() throws {
    let folder = try TemporaryFolder()
    try Self.write(in: folder.path)
    #expect(try Self.contents(of: folder.path) == MappedFile(Self.fixture).contents)
  }

  @Test func contentsAreThoseThatTensorBoardFound() throws {
    var scalars: [String: (steps: [Int], values: [Float])] = [:]
    var others: [String] = []
    for event in EventRecords(try MappedFile(Self.fixture).contents[...]) {
      guard case .bytes(let body) = event.fields[5], let summary = ProtobufFields(body) else { continue }
      for value in summary.messages(1) {
        let tag = value.text(1)
        if case .fixed32(let bits) = value[2] {
          scalars[tag, default: ([], [])].steps.append(event.step)
          scalars[tag]?.values.append(Float(bitPattern: bits))
        } else if let image = value.messages(4).first, case .integer(let height) = image[1], case .integer(let width) = image[2],
          case .bytes(let png) = image[4]
        {
          others.append("image \(tag) \(event.step) \(width)x\(height) \(png.count)")
        } else if let tensor = value.messages(8).first {
          others.append("text \(tag) \(event.step) \(tensor.text(8))")
        }
      }
    }
    var expectedOthers: [String] = []
    let lines = try MappedFile(Repository.fixtures + "/training/events.jsonl").contents.split(separator: UInt8(ascii: "\n"))
    #expect(lines.count == 5)
    for line in lines {
      // Python writes NaN as NaN, which JSON does not have.
      let text = String(decoding: line, as: UTF8.self).split(separator: "NaN", omittingEmptySubsequences: false).joined(separator: "null")
      let json = try JSONDocument(Array(text.utf8), file: "events.jsonl").root
      if let tag = json["scalar"]?.string {
        #expect(scalars[tag]?.steps == json["steps"]?.array?.compactMap(\.integer), "\(tag)")
        let values = try #require(json["values"]?.array).map { Float($0.number ?? .nan) }
        expectClose(scalars[tag]?.values ?? [], values, tolerance: 0, tag)
      } else if let tag = json["image"]?.string {
        let (step, width, height, bytes) = (json["step"]?.integer, json["width"]?.integer, json["height"]?.integer, json["bytes"]?.integer)
        expectedOthers.append("image \(tag) \(step ?? 0) \(width ?? 0)x\(height ?? 0) \(bytes ?? 0)")
      } else {
        expectedOthers.append("text \(json["text"]?.string ?? "") \(json["step"]?.integer ?? -1) \(json["value"]?.string ?? "")")
      }
    }
    #expect(scalars.count == 3)
    #expect(others.sorted() == expectedOthers.sorted())
  }

  @Test func aFileThatGoesOnLosesWhatIsLaterAndWhatIsHalfWritten() throws {
    let folder = try TemporaryFolder()
    try Self.write(in: folder.path)
    let whole = try Self.contents(of: folder.path)
    let name = try #require(filesIn(folder.path).first)
    // Five bytes of a record that a killed process began.
    try AtomicFile.write(whole + [9, 0, 0, 0, 0], to: folder.path + "/" + name)
    let file = try EventFile(in: folder.path, through: 200)
    try file.scalars([("loss/training", 0.5)], step: 250)
    let steps = EventRecords(try Self.contents(of: folder.path)[...]).map(\.step)
    #expect(steps == [0, 0, 100, 200, 250])
    #expect(filesIn(folder.path).count == 1)
  }

  @Test func aDamagedByteEndsTheRecords() throws {
    var bytes = try MappedFile(Self.fixture).contents
    let count = EventRecords(bytes[...]).reduce(0) { count, _ in count + 1 }
    #expect(count == 7)
    for (place, left) in [(3, 0), (9, 0), (14, 0), (60, 1), (bytes.count - 1, 6)] {
      bytes[place] ^= 0x10
      #expect(EventRecords(bytes[...]).reduce(0) { count, _ in count + 1 } == left, "byte \(place)")
      bytes[place] ^= 0x10
    }
    #expect(EventRecords(bytes.prefix(bytes.count - 1)).reduce(0) { count, _ in count + 1 } == 6)
    #expect(EventRecords([]).first { _ in true } == nil)
  }
}
