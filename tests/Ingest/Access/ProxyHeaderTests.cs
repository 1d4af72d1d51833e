using System.Buffers;
using System.Text;
using CartRecovery.Engine.Ingest.Access;

namespace CartRecovery.Tests.Ingest.Access;

[TestFixture]
sealed class ProxyHeaderTests
{
    const string Signature = "0D0A0D0A000D0A515549540A";

    static IEnumerable<TestCaseData> Valid()
    {
        yield return Line("PROXY TCP4 203.0.113.7 10.0.0.1 56324 443", "203.0.113.7");
        yield return Line("PROXY TCP6 2001:db8::7 2001:db8::1 4124 443", "2001:db8::7");
        yield return Line("PROXY TCP6 ::ffff:203.0.113.7 ::1 1 2", "203.0.113.7");
        yield return Line("PROXY UNKNOWN", null);
        yield return Line("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535", null);
        yield return Binary("2111000C" + "CB007107" + "0A000001" + "DC0401BB", "203.0.113.7");
        yield return Binary("21210024" + "20010DB8000000000000000000000007" + "20010DB8000000000000000000000001" + "101C01BB", "2001:db8::7");
        yield return Binary("21110013" + "CB007107" + "0A000001" + "DC0401BB" + "04000400000000", "203.0.113.7", "with a value besides");
        yield return Binary("20000000", null, "of the proxy itself");
        yield return Binary("2011000C" + "CB007107" + "0A000001" + "DC0401BB", null, "of the proxy itself, with addresses");
        yield return Binary("21000000", null, "without addresses");
        yield return Binary("213100D8" + new string('0', 432), null, "a UNIX socket");

        static TestCaseData Line(string line, string? client) => new TestCaseData(Encoding.ASCII.GetBytes(line + "\r\n"), client).SetArgDisplayNames(line);
    }

    [TestCaseSource(nameof(Valid))]
    public void A_header_names_the_client_and_ends_before_the_clients_bytes(byte[] header, string? client)
    {
        for (var length = 0; length < header.Length; length++)
        {
            Assert.That(ProxyHeader.TryRead(new ReadOnlySequence<byte>(header, 0, length), out _), Is.False, $"{length} bytes of it");
        }

        Assert.That(ProxyHeader.TryRead(new ReadOnlySequence<byte>([.. header, .. "{\"id\":"u8]), out var read), Is.True);
        Assert.That((read.Length, read.Client?.ToString()), Is.EqualTo((header.Length, client)));
    }

    static IEnumerable<TestCaseData> Invalid()
    {
        foreach (var line in new[]
        {
            "GET / HTTP/1.1\r\n", "{\"id\":\"e1\"}\n", "PROXY TCP4 203.0.113.7 10.0.0.1 56324\r\n", "PROXY TCP4 203.0.113.7 10.0.0.1 56324 65536\r\n", "PROXY TCP4 2001:db8::7 10.0.0.1 1 2\r\n",
            "PROXY TCP6 203.0.113.7 ::1 1 2\r\n", "PROXY TCP4 7 10.0.0.1 1 2\r\n", "PROXY TCP4 203.0.113.7:80 10.0.0.1 1 2\r\n", "PROXY  TCP4 203.0.113.7 10.0.0.1 1 2\r\n",
            "proxy TCP4 203.0.113.7 10.0.0.1 1 2\r\n", "PROXY UDP4 203.0.113.7 10.0.0.1 1 2\r\n", "PROXY TCP4 203.0.113.7 10.0.0.1 -1 2\r\n", "PROXY TCP4 " + new string('1', 107),
        })
        {
            yield return new TestCaseData(Encoding.ASCII.GetBytes(line)).SetArgDisplayNames(line);
        }

        yield return Case("1111000C" + "CB007107" + "0A000001" + "DC0401BB", "version 1");
        yield return Case("2211000C" + "CB007107" + "0A000001" + "DC0401BB", "an unknown command");
        yield return Case("21110008" + "CB007107" + "0A000001", "without ports");
        yield return Case("2111FFFF", "too long");

        static TestCaseData Case(string hex, string name) => new TestCaseData(Convert.FromHexString(Signature + hex)).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Invalid))]
    public void Anything_else_is_no_header(byte[] bytes) => Assert.That(ProxyHeader.TryRead(new ReadOnlySequence<byte>(bytes), out _), Is.Null);

    static TestCaseData Binary(string hex, string? client, string? name = null) => new TestCaseData(Convert.FromHexString(Signature + hex), client).SetArgDisplayNames(name ?? $"version 2, {client}");
}
