import Testing
import ZooFormats
import ZooRuntime

/// Manifests from anywhere: whatever they say, reading them ends soon, in bounded memory, with words.
struct HostileManifestTests {
  static let valid = """
    {"zoo": 1, "name": "é", "settings": {"n": 2, "w": "${n * 2}"},
     "define": {"d": {"inputs": ["a"], "settings": {"u": 3}, "graph": [{"layer": "core.dense", "units": "${u}"}]}},
     "inputs": {"x": {"shape": ["N", "${w}"], "codec": {"kind": "image", "channels": 1}}},
     "graph": [{"repeat": "${n}", "name": "r", "graph": [{"use": "d", "with": {"u": "${index + 1}"}}, {"layer": "core.tanh"}]},
               {"layer": "core.add", "name": "s", "in": ["r.0", "x"], "initialize": {"w": {"normal": [0, 1]}}}],
     "outputs": {"y": {"from": "s", "codec": "labels"}},
     "train": {"data": {"file": "f", "inputs": {"x": "x"}}, "steps": [{"minimize": "s"}], "optimizer": {"layer": "core.adam", "rate": 1}}}
    """

  @Test func truncationsAndRandomChangesNeverCrash() throws {
    let text = Self.valid.replacing("é", with: "e")
    _ = try expand(text)
    let bytes = Array(text.utf8)
    var generator = Generator(state: 7)
    func tryOut(_ bytes: [UInt8]) {
      do {
        _ = try Manifest(contentsOf: bytes, file: "m.json", folder: ".").expand(catalog: FakeCatalog())
      } catch {
        #expect(!error.message.isEmpty && !error.help.isEmpty && !error.help.contains("\n"))
      }
    }
    for length in 0..<bytes.count { tryOut(Array(bytes[..<length])) }
    for _ in 0..<5_000 {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        changed[Int.random(in: 0..<changed.count, using: &generator)] = UInt8.random(in: 32...126, using: &generator)
      }
      tryOut(changed)
    }
  }

  /// Values of every type put in place of every value, and members taken away.
  @Test func everyValueMayBeOfEveryType() throws {
    let document = try JSONDocument(Array(Self.valid.replacing("é", with: "e").utf8), file: "m.json")
    let others: [JSON] = [
      nil, true, -1, 1_000_000, 1e300, JSON(.integer(.max)), JSON(.integer(.min)), "x", "${n}", "${", "", [],
      [[1_099_511_627_776, 1_099_511_627_776]], [1], ["x", nil], JSON(.object(JSONObject())), ["a": "b"],
    ]
    var count = 0
    for changed in variants(of: document.root, others) {
      count += 1
      do {
        _ = try Manifest(contentsOf: Array(changed.text().utf8), file: "m.json", folder: ".").expand(catalog: FakeCatalog())
      } catch {
        #expect(!error.message.isEmpty && !error.help.isEmpty)
      }
    }
    #expect(count > 900)
  }

  /// `json` with one of its parts replaced by each of `others`, or taken away.
  private func variants(of json: JSON, _ others: [JSON]) -> [JSON] {
    var result = others
    switch json.content {
    case .array(let elements):
      for (i, element) in elements.enumerated() {
        for variant in variants(of: element, others) {
          var changed = elements
          changed[i] = variant
          result.append(JSON(.array(changed)))
        }
        var shorter = elements
        shorter.remove(at: i)
        result.append(JSON(.array(shorter)))
      }
    case .object(let object):
      for member in object.members {
        for variant in variants(of: member.value, others) + [nil] {
          var changed = object
          changed[member.name] = variant
          result.append(JSON(.object(changed)))
        }
        var shorter = object
        shorter[member.name] = nil
        result.append(JSON(.object(shorter)))
      }
    default: break
    }
    return result
  }

  /// What is said about a manifest, which must be said within a few seconds.
  private func refusal(_ text: String) throws -> String {
    var message = ""
    let time = ContinuousClock().measure {
      do throws(ManifestError) {
        _ = try expand(text)
      } catch {
        message = error.message
        #expect(!error.help.isEmpty)
      }
    }
    #expect(time < .seconds(10), "\(message) after \(time)")
    return message
  }

  @Test func expansionIsBounded() throws {
    let nodes = "the graph expands to more than 100000 nodes and blocks"
    let tanh = #"{"layer": "core.tanh"}"#
    #expect(try refusal(manifest(#"{"repeat": 100000, "graph": [\#(tanh)]}"#)).hasSuffix(nodes))
    #expect(
      try refusal(manifest(#"{"repeat": 1000, "graph": [{"repeat": 1000, "graph": [{"repeat": 1000, "graph": []}]}]}"#)).hasSuffix(nodes))
    #expect(
      try refusal(manifest(#"{"repeat": 1000000000000, "graph": []}"#))
        .hasSuffix("'repeat' of block 'repeat' must be from 0 to 100000, but it is 1000000000000"))

    // Each define uses the next one twice: 2^50 uses of nothing.
    let doubling = (0..<50).map { #""d\#($0)": {"graph": [{"use": "d\#($0 + 1)"}, {"use": "d\#($0 + 1)", "name": "o"}]}"# }
    let define = #""define": {\#(doubling.joined(separator: ", ")), "d50": {"graph": []}},"#
    #expect(try refusal(manifest(#"{"use": "d0"}"#, define)).hasSuffix(nodes))

    // A chain of 900 defines.
    let chain = (0..<900).map { #""d\#($0)": {"graph": [{"use": "d\#($0 + 1)"}]}"# }
    let chained = #""define": {\#(chain.joined(separator: ", ")), "d900": {"graph": []}},"#
    #expect(try refusal(manifest(#"{"use": "d0"}"#, chained)).hasSuffix("blocks are nested more than 64 deep"))

    // A long list in every copy, and a long text.
    let list = "[" + repeatElement("1", count: 100_000).joined(separator: ",") + "]"
    #expect(
      try refusal(manifest(#"{"repeat": 50000, "graph": [{"layer": "core.every", "sizes": \#(list)}]}"#))
        .hasSuffix("the manifest expands to more than 10000000 values"))
    #expect(
      try refusal(manifest(#"{"repeat": 50000, "graph": [{"layer": "core.tanh", "initialize": {"w": {"values": [\#(list)]}}}]}"#))
        .hasSuffix("the manifest expands to more than 10000000 values"))
    let word = String(repeating: "x", count: 1_000_000)
    #expect(
      try refusal(manifest(#"{"repeat": 50000, "graph": [{"layer": "core.every", "title": "\#(word)${index}"}]}"#))
        .hasSuffix("the manifest expands to more than 10000000 values"))

    // Long names inside one another.
    var nested = tanh
    for _ in 0..<30 { nested = #"{"name": "\#(String(repeating: "n", count: 100))", "graph": [\#(nested)]}"# }
    #expect(try refusal(manifest(nested)).hasSuffix("the path of a node has more than 500 characters"))
    #expect(try refusal(manifest(#"{"layer": "core.tanh", "name": "\#(word)"}"#)).contains("cannot be a name"))

    let names = (0..<500_000).map { "\"n\($0)\"" }.joined(separator: ",")
    #expect(
      try refusal(manifest(#"{"name": "g", "graph": [], "inputs": [\#(names)]}"#)).hasSuffix("there are more than 1000 names in one place"))
    let inputs = (0..<200_000).map { #""i\#($0)": {"shape": []}"# }.joined(separator: ",")
    #expect(
      try refusal(#"{"zoo": 1, "inputs": {\#(inputs)}, "graph": []}"#).hasSuffix("at /inputs: there are more than 1000 names in one place"))

    let settings = (0...1000).map { #""s\#($0)": 1"# }.joined(separator: ", ")
    #expect(try refusal(manifest(tanh, #""settings": {\#(settings)},"#)).hasSuffix("there are more than 1000 settings"))
  }

  @Test func muchOfNothingIsReadSoon() throws {
    #expect(try refusal(String(repeating: " ", count: 10_000_000)) == "m.json:1:10000001: expected a value, found the end of the file")
    #expect(try refusal(String(repeating: "[", count: 10_000_000)).contains("nested more than 200 deep"))
    #expect(try refusal(manifest(String(repeating: "{},", count: 3_000_000) + "{}")).contains("an item of a graph needs one of"))
    #expect(
      try refusal(manifest(repeatElement(#"{"layer": "core.tanh"}"#, count: 400_000).joined(separator: ",")))
        .hasSuffix("the graph expands to more than 100000 nodes and blocks"))
    #expect(try refusal(#"{"zoo": 1, "about": "\#(String(repeating: "x", count: 10_000_000))"}"#).contains("needs 'graph'"))
    #expect(try refusal(#"{"zoo": 1, "\#(String(repeating: "x", count: 1_000_000))": 1}"#).count < 2_000)
  }

  /// Chains as long as they can be: whatever follows them must not follow them on the stack, nor again for every link.
  @Test func longChainsAreFollowedSoon() throws {
    let count = 45_000
    let backward =
      (0..<count).map { #"{"layer": "core.tanh", "name": "n\#($0)", "in": "n\#($0 + 1)"}"# } + [
        #"{"layer": "core.tanh", "name": "n\#(count)", "in": "x"}"#
      ]
    #expect(try refusal(manifest(backward.joined(separator: ","))) == "")
    let shares =
      (0..<count).map { #"{"layer": "core.tanh", "name": "n\#($0)", "share": "n\#($0 + 1)"}"# } + [
        #"{"layer": "core.tanh", "name": "n\#(count)"}"#
      ]
    #expect(try refusal(manifest(shares.joined(separator: ","))) == "")
    let cycle = (0..<count).map { #"{"layer": "core.tanh", "name": "n\#($0)", "in": "n\#(($0 + 1) % count)"}"# }
    #expect(
      try refusal(manifest(cycle.joined(separator: ",")))
        .hasSuffix("nodes take from one another: n0 -> n44999 -> n44998 -> n44997 -> n44996 -> n44995 -> ... -> n4 -> n3 -> n2 -> n1 -> n0")
    )
    // Empty groups pass their input on: 30,000 of them in a row, of which 30,000 nodes each take the end.
    let pass =
      (0..<30_000).map { #"{"name": "g\#($0)", "graph": []}"# } + (0..<30_000).map { _ in #"{"layer": "core.tanh", "in": "g29999"}"# }
    #expect(try refusal(manifest(pass.joined(separator: ","))) == "")
    let names = (0..<90_000).map { _ in #"{"layer": "core.tanh"}"# } + (2..<5_000).map { #"{"layer": "core.tanh", "name": "tanh_\#($0)"}"# }
    #expect(try refusal(manifest(names.joined(separator: ","))) == "")
  }

  /// A generator with a seed, so that a failure can be repeated.
  private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 29 ^ state) &* 0x9E37_79B9_7F4A_7C15
    }
  }
}
