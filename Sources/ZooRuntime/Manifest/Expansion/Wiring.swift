import ZooFormats

/// What an item takes: the values of its `in`, one for each port that it has, or the previous node's output.
struct Wiring {
  /// One for each port, more for a variadic one; nil: an optional one left out.
  let wires: [Wire?]

  init(_ fields: Fields, _ ports: [PortInfo], in block: Block) throws(ManifestError) {
    guard let json = try fields["in"] else {
      wires = try Self.previous(fields, ports, block)
      return
    }
    func wire(_ json: JSON) throws(ManifestError) -> Wire? {
      if json.isNull { return nil }
      guard let name = json.string else {
        throw fields.error(.wrongType(.key("in", of: fields.owner), wanted: .references, got: json.shown), at: json)
      }
      return .reference(Reference(name: name, block: block, owner: fields.owner, json: json))
    }

    // By position, or by name; a variadic port takes a list.
    var given: [[Wire?]?]
    if let object = json.object {
      given = Array(repeating: nil, count: ports.count)
      for member in object.members {
        guard let i = ports.firstIndex(where: { $0.name == member.name }) else {
          throw ManifestError(
            .unknownInput(member.name, of: fields.owner, known: ports.map(\.name)), at: fields.evaluate.document.place(of: member))
        }
        var wires: [Wire?] = []
        for element in ports[i].isVariadic ? member.value.array ?? [member.value] : [member.value] { wires.append(try wire(element)) }
        given[i] = wires
      }
    } else {
      var wires: [Wire?] = []
      for element in json.array ?? [json] { wires.append(try wire(element)) }
      given = []
      for port in ports where given.count < wires.count {
        given.append(port.isVariadic ? Array(wires[given.count...]) : [wires[given.count]])
      }
      let taken = given.reduce(0) { $0 + ($1?.count ?? 0) }
      guard taken == wires.count else {
        throw fields.error(.tooManyInputs(fields.owner, got: wires.count, takes: ports.count), at: json)
      }
      given += Array(repeating: nil, count: ports.count - given.count)
    }
    var result: [Wire?] = []
    for (port, wires) in zip(ports, given) {
      if port.isVariadic {
        result += wires ?? []
      } else {
        let wire = wires?.first ?? nil
        guard wire != nil || port.isOptional else { throw Self.missing(port, fields, at: json) }
        result.append(wire)
      }
    }
    wires = result
  }

  /// Without `in`, the previous output goes into the first port.
  private static func previous(_ fields: Fields, _ ports: [PortInfo], _ block: Block) throws(ManifestError) -> [Wire?] {
    guard let first = ports.first else { return [] }
    guard block.previous != nil || first.isOptional else { throw fields.error(.nothingBefore(fields.owner), at: nil) }
    for port in ports.dropFirst() where !port.isOptional && !port.isVariadic { throw missing(port, fields, at: nil) }
    if first.isVariadic { return block.previous.map { [$0] } ?? [] }
    return [block.previous] + ports.dropFirst().filter { !$0.isVariadic }.map { _ in nil }
  }

  private static func missing(_ port: PortInfo, _ fields: Fields, at json: JSON?) -> ManifestError {
    fields.error(.missingInput(port.name, of: fields.owner, about: port.about), at: json)
  }
}
