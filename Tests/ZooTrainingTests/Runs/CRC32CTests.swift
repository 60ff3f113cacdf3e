import Testing
import ZooTraining

/// The checksum of TensorBoard's files.
struct CRC32CTests {
  // RFC 3720, appendix B.4, and the check value of the catalogue of parametrised CRCs.
  @Test(arguments: [
    ([UInt8](repeating: 0, count: 32), 0x8a91_36aa), ([UInt8](repeating: 0xFF, count: 32), 0x62a8_ab43),
    ((0..<32).map { UInt8($0) }, 0x46dd_794e), ((0..<32).map { UInt8(31 - $0) }, 0x113f_db5c), (Array("123456789".utf8), 0xe306_9283),
  ])
  func checksumsAreThoseOfTheStandard(bytes: [UInt8], checksum: Int) {
    #expect(CRC32C.checksum(bytes) == UInt32(checksum))
  }

  // 0xe3069283 rotated right by 15 bits is 0x2507c60d, and 0x2507c60d + 0xa282ead8 = 0xc78ab0e5.
  @Test func theMaskRotatesAndShifts() {
    #expect(CRC32C.masked(Array("123456789".utf8)) == 0xc78a_b0e5)
  }
}
