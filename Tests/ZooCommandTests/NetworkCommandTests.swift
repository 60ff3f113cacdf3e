import Testing
import ZooFormats
import ZooTestSupport

/// What the convolutional networks that learned here say, draw and play.
@Suite struct NetworkCommandTests {
  @Test func theUNetDrawsAMask() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/out.png"
    let result = try zoo("run unet --input image=zoo/data/samples/shapes.png --output mask=\(path)")
    #expect(result.errors == "")
    #expect(result.status == 0)
    let file = try MappedFile(path).contents
    #expect(file.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    // Width and height of the header, big-endian.
    #expect(Array(file[16..<24]) == [0, 0, 0, 64, 0, 0, 0, 64])
  }

  @Test func aSoundDependsOnItsSeed() throws {
    let folder = try TemporaryFolder()
    func speak(_ seed: Int, _ threads: Int) throws -> [UInt8] {
      let path = "\(folder.path)/\(seed).wav"
      let result = try zoo("run wavenet --output sound=\(path) --seed \(seed) --set length=400 --threads \(threads)")
      try #require(result.status == 0, "\(result.errors)")
      return try MappedFile(path).contents
    }
    let sound = try speak(1, 1)
    #expect(sound.count == 44 + 2 * 400)
    #expect(sound.starts(with: Array("RIFF".utf8)))
    #expect(try speak(1, 2) == sound)
    #expect(try speak(2, 1) != sound)
  }

  @Test(
    "sentences get their kind of book",
    arguments: [
      ("He told them a parable about a man who went out to sow his seed.", "gospels"),
      ("Praise the Lord with singing, for his loving kindness endures forever.", "songs"),
      ("The king of Judah reigned in Jerusalem and did what was evil.", "history"),
      ("A wise son listens to his father, but a fool despises instruction.", "wisdom"),
    ])
  func kinds(_ sentence: String, _ kind: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("sentence.txt", sentence)
    let json = try JSONDocument(Array(try zoo("run text-cnn --input text=@\(path) --json").output.utf8), file: "output").root
    #expect(try #require(json["outputs"]?["kind"]?.array)[0]["label"]?.string == kind)
  }
}
