using System.Text;

namespace CartRecovery.Tests.Security;

/// <summary>Damages inputs at random: the same seed gives the same bytes.</summary>
/// <param name="corpus">Valid inputs, to start from and to splice.</param>
/// <param name="random">The source of chance.</param>
sealed class Mutator(IReadOnlyList<byte[]> corpus, Random random)
{
    static readonly byte[][] s_tokens = [.. new[]
    {
        "{", "}", "[", "]", "\"", "\\", ",", ":", "null", "true", "1e999", "-0", "18446744073709551616", "0.0000000000000000000001", "\\ud800", "\\u0000", "\u0000", "\n",
        "\r\n", "\r\n\r\n", "id", "ts", "meta", "events", "\ud83d\uded2", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "80000000\r\n", "?key=", "%00", "Infinity",
    }.Select(Encoding.UTF8.GetBytes), [0xff], [0xc3], [0xc1], [0xdf, 0xff, 0xff, 0xff, 0xff], [0xdd, 0x7f, 0xff, 0xff, 0xff], [0xc6, 0x80, 0, 0, 0], [0x7f, 0xff], [0x80, 0x80]];

    /// <summary>The next input.</summary>
    public byte[] Next()
    {
        var bytes = corpus[random.Next(corpus.Count)].ToList();
        for (var changes = random.Next(1, 6); changes > 0; changes--)
        {
            Change(bytes);
        }

        return [.. bytes];
    }

    void Change(List<byte> bytes)
    {
        var at = random.Next(bytes.Count + 1);
        var length = Math.Min(random.Next(1, 1 << random.Next(1, 8)), bytes.Count - at);
        switch (random.Next(8))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                bytes.RemoveRange(at, length);
                break;
            case 3:
                bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, length));
                break;
            case 4:
                bytes.InsertRange(at, s_tokens[random.Next(s_tokens.Length)]);
                break;
            case 5:
                var other = corpus[random.Next(corpus.Count)];
                bytes.RemoveRange(at, bytes.Count - at);
                bytes.AddRange(other.AsSpan(random.Next(other.Length + 1)).ToArray());
                break;
            case 6 when random.Next(4) == 0:
                bytes.InsertRange(at, Enumerable.Repeat((byte)random.Next(256), random.Next(1, 5_000)));
                break;
            case 7 when random.Next(4) == 0:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
        }
    }
}
