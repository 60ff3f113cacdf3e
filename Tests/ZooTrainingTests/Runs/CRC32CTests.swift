import Testing
import ZooTraining

/// The checksum of TensorBoard's files.
struct CRC32CTests {
  // RFC 3720, appendix B.4, and the check value of the catalogue of parametrised CRCs.
  private static let standard: [(bytes: [UInt8], checksum: UInt32)] = [
    ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
    ([UInt8](repeating: 0xFF, count: 32), 0x62a8_ab43),
    ([UInt8](0..<32), 0x46dd_794e),
    ([UInt8]((0..<32).reversed()), 0x113f_db5c),
    (Array("123456789".utf8), 0xe306_9283),
  ]

  @Test func checksumsAreThoseOfTheStandard() {
    for (bytes, checksum) in Self.standard { #expect(CRC32C.checksum(bytes) == checksum) }
  }

  // 0xe3069283 rotated right by 15 bits is 0x2507c60d, and 0x2507c60d + 0xa282ead8 = 0xc78ab0e5.
  @Test func theMaskRotatesAndShifts() {
    #expect(CRC32C.masked(Array("123456789".utf8)) == 0xc78a_b0e5)
  }
}
