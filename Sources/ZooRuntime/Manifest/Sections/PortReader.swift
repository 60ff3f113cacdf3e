import ZooFormats
import ZooTypes

/// Reads what goes into a graph and what comes out of it.
struct PortReader {
  static let inputKeys = ["shape", "dtype", "codec", "sample", "about"]
  static let fileKeys = ["file"]
  static let outputKeys = ["from", "codec", "about"]
  static let dtypes: [DType] = [.f32, .f64, .f16, .bf16, .u8, .i8, .u32, .i32, .i64, .bool]
  // An input of a tebi-element is a mistake or an attack.
  static let elementLimit = 1 << 40

  let catalog: any KindCatalog
  let evaluate: Evaluator

  /// The inputs that the member `inputs` of a section declares.
  func inputs(_ section: Fields) throws(ManifestError) -> [GraphInput] {
    var inputs: [GraphInput] = []
    for member in try section.members("inputs") {
      let owner = ManifestError.Owner.input(member.name)
      let fields = try Fields(member.value, of: owner, keys: Self.inputKeys, evaluate)
      let name = try fields.choice("dtype", of: Self.dtypes.map(\.description))
      inputs.append(
        GraphInput(
          name: member.name, shape: try shape(fields), dtype: Self.dtypes.first { $0.description == name } ?? .f32,
          codec: try codec(fields, reads: true), sample: try fields.text("sample"), about: try fields.text("about") ?? "",
          place: evaluate.document.place(of: member.value)))
    }
    return inputs
  }

  /// The outputs that the member `outputs` declares.
  func outputs(_ section: Fields) throws(ManifestError) -> [OutputForm] {
    var outputs: [OutputForm] = []
    for member in try section.members("outputs") {
      let owner = ManifestError.Owner.output(member.name)
      let value = try evaluate(member.value)
      var output: (codec: CodecChoice?, about: String) = (nil, "")
      var from = value
      if value.object != nil {
        let fields = try Fields(value, of: owner, keys: Self.outputKeys, evaluate.done)
        from = try fields.require("from", fields.raw("from"), about: "the node that it is")
        output = (try codec(fields, reads: false), try fields.text("about") ?? "")
      }
      guard from.string != nil else {
        throw evaluate.error(.wrongType(owner, wanted: value.object == nil ? .textOrObject : .text, got: from.shown), at: from)
      }
      outputs.append(OutputForm(name: member.name, from: from, codec: output.codec, about: output.about))
    }
    return outputs
  }

  /// A codec as `{"kind": "image", ...}`, or by its name alone.
  func codec(_ fields: Fields, reads: Bool) throws(ManifestError) -> CodecChoice? {
    guard let json = try fields["codec"] else { return nil }
    let owner = ManifestError.Owner.key("codec", of: fields.owner)
    var object = JSON(.object(JSONObject()), at: json.position)
    let name: String
    if let text = json.string {
      name = text
    } else {
      let choice = try Fields(json, of: owner, keys: nil, evaluate.done)
      name = try choice.require("kind", try choice.text("kind"), about: "the codec's name")
      object = json
    }
    guard let codec = catalog.codec(name) else {
      throw evaluate.error(.unknownCodec(name, of: fields.owner, known: catalog.codecNames), at: json["kind"] ?? json)
    }
    guard reads ? codec.reads : codec.writes else { throw evaluate.error(.codecCannot(name, reads: reads, of: fields.owner), at: json) }
    let codecOwner = ManifestError.Owner.codec(name, of: fields.owner)
    let files = try files(codec, &object, codecOwner)
    let literals = try AttributeReader(codecOwner, in: evaluate.document).read(codec.attributes, from: object, except: ["kind"])
    return CodecChoice(codec: codec, attributes: literals, files: files)
  }

  /// The files that text attributes name, which become empty until the files are read.
  private func files(
    _ codec: CodecInfo, _ json: inout JSON, _ owner: ManifestError.Owner
  ) throws(ManifestError) -> [Int: ManifestPath] {
    guard var object = json.object else { return [:] }
    var files: [Int: ManifestPath] = [:]
    for (i, attribute) in codec.attributes.enumerated() where attribute.type == .text {
      guard let value = object[attribute.name], value.object != nil else { continue }
      let fields = try Fields(value, of: .attribute(attribute.name, of: owner), keys: Self.fileKeys, evaluate.done)
      let path = try fields.require("file", try fields.text("file"), about: "the file whose text it is")
      files[i] = ManifestPath(path, place: evaluate.document.place(of: value))
      object[attribute.name] = JSON(.string(""), at: value.position)
    }
    json = JSON(.object(object), at: json.position)
    return files
  }

  private func shape(_ fields: Fields) throws(ManifestError) -> [Dimension] {
    let json = try fields.require("shape", try fields["shape"], about: "such as [\"N\", 28, 28, 1]")
    let owner = ManifestError.Owner.key("shape", of: fields.owner)
    guard let axes = json.array else { throw evaluate.error(.wrongType(owner, wanted: .anyList, got: json.shown), at: json) }
    guard axes.count <= Self.longestShape else {
      throw evaluate.error(.wrongCount(owner, got: axes.count, wanted: "\(Self.longestShape) axes at most"), at: json)
    }
    var count = 1
    var shape: [Dimension] = []
    for axis in axes {
      if let name = axis.string, Names.isSetting(name) {
        shape.append(.named(name))
      } else if let length = axis.integer {
        guard (1...Self.elementLimit).contains(length) else {
          throw evaluate.error(.outOfRange(owner, got: axis.shown, range: 1...Double(Self.elementLimit)), at: axis)
        }
        let (product, overflow) = count.multipliedReportingOverflow(by: length)
        count = product
        guard !overflow, count <= Self.elementLimit else {
          throw evaluate.error(.tooLarge(.elements(input: fields.owner.name, limit: Self.elementLimit)), at: json)
        }
        shape.append(.fixed(length))
      } else {
        throw evaluate.error(.wrongType(owner, wanted: .dimension, got: axis.shown), at: axis)
      }
    }
    return shape
  }

  // As many as the protocol's tensors have.
  private static let longestShape = 8
}
