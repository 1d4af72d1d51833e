using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Keys;

namespace CartRecovery.Tests.Configuration;

public class ValuesTests
{
    [TestCase("250ms", 250, "250ms")]
    [TestCase("5s", 5_000, "5s")]
    [TestCase("90s", 90_000, "90s")]
    [TestCase("60s", 60_000, "1m")]
    [TestCase("30m", 1_800_000, "30m")]
    [TestCase("24h", 86_400_000, "24h")]
    [TestCase("1d", 86_400_000, "24h")]
    [TestCase("7d", 604_800_000, "7d")]
    [TestCase("0s", 0, "0ms")]
    public void Durations_are_parsed_and_formatted(string text, long milliseconds, string written)
    {
        Assert.That(Duration.TryParse(text, out var value), Is.True);
        Assert.That(value.Value, Is.EqualTo(TimeSpan.FromMilliseconds(milliseconds)));
        Assert.That(value.ToString(), Is.EqualTo(written));
    }

    [TestCase("")]
    [TestCase("5")]
    [TestCase("s")]
    [TestCase("5 s")]
    [TestCase("-5s")]
    [TestCase("1.5h")]
    [TestCase("5S")]
    [TestCase("99999999999999d")]
    [TestCase("9223372036854775807d")]
    public void Invalid_durations_are_rejected(string text) => Assert.That(Duration.TryParse(text, out _), Is.False);

    [TestCase("0", 0L, "0")]
    [TestCase("100", 100L, "100B")]
    [TestCase("100B", 100L, "100B")]
    [TestCase("32KB", 32L << 10, "32KB")]
    [TestCase("1024KB", 1L << 20, "1MB")]
    [TestCase("512MB", 512L << 20, "512MB")]
    [TestCase("3TB", 3L << 40, "3TB")]
    public void Sizes_are_parsed_and_formatted(string text, long bytes, string written)
    {
        Assert.That(ByteSize.TryParse(text, out var value), Is.True);
        Assert.That(value.Bytes, Is.EqualTo(bytes));
        Assert.That(value.ToString(), Is.EqualTo(written));
    }

    [TestCase("")]
    [TestCase("KB")]
    [TestCase("1K")]
    [TestCase("1 KB")]
    [TestCase("-1KB")]
    [TestCase("8388608TB")]
    public void Invalid_sizes_are_rejected(string text) => Assert.That(ByteSize.TryParse(text, out _), Is.False);

    [TestCase("127.0.0.1:8080", "127.0.0.1:8080")]
    [TestCase("0.0.0.0:0", "0.0.0.0:0")]
    [TestCase("[::1]:80", "[::1]:80")]
    [TestCase("localhost:65535", "127.0.0.1:65535")]
    public void Addresses_are_parsed_and_formatted(string text, string endpoint)
    {
        Assert.That(EndpointAddress.TryParse(text, out var value), Is.True);
        Assert.That(value.ToIPEndPoint().ToString(), Is.EqualTo(endpoint));
        Assert.That(value.ToString(), Is.EqualTo(text));
    }

    [TestCase("")]
    [TestCase("8080")]
    [TestCase("127.0.0.1")]
    [TestCase("127.0.0.1:")]
    [TestCase("127.0.0.1:65536")]
    [TestCase("127.0.0.1:-1")]
    [TestCase("127.1:80")]
    [TestCase("::1:80")]
    [TestCase("[127.0.0.1]:80")]
    [TestCase("shop.example:80")]
    [TestCase(":80")]
    public void Invalid_addresses_are_rejected(string text) => Assert.That(EndpointAddress.TryParse(text, out _), Is.False);

    [TestCase("*", "https://any.example", true)]
    [TestCase("*", "null", true)]
    [TestCase("https://shop.example", "https://shop.example", true)]
    [TestCase("https://shop.example", "https://Shop.Example", true)]
    [TestCase("https://shop.example", "https://shop.example:8443", false)]
    [TestCase("https://shop.example", "http://shop.example", false)]
    [TestCase("https://shop.example", "https://shop.example.evil", false)]
    [TestCase("http://localhost:*", "http://localhost:3000", true)]
    [TestCase("http://localhost:*", "http://localhost", true)]
    [TestCase("http://localhost:*", "http://localhost:", false)]
    [TestCase("http://localhost:*", "http://localhost.evil:80", false)]
    [TestCase("http://localhost:*", "http://localhost:80.evil", false)]
    [TestCase("http://localhost:*", "https://localhost:3000", false)]
    public void Origins_are_matched(string pattern, string origin, bool allowed)
    {
        Assert.That(OriginPattern.TryParse(pattern, out var value), Is.True);
        Assert.That(new AllowedOrigin(value.ToString()).Allows(origin), Is.EqualTo(allowed));
    }

    [TestCase("shop.example")]
    [TestCase("https://shop.example/")]
    [TestCase("https://*.shop.example")]
    [TestCase("ftp://shop.example")]
    [TestCase("https://shop.example\n")]
    public void Invalid_origins_are_rejected(string text) => Assert.That(OriginPattern.TryParse(text, out _), Is.False);

    [TestCase("2026-11-20", 1_795_132_800_000)]
    [TestCase("2026-11-20T09:40Z", 1_795_167_600_000)]
    [TestCase("2026-11-20T09:40:00Z", 1_795_167_600_000)]
    [TestCase("2026-11-20T10:40:00.5+01:00", 1_795_167_600_500)]
    [TestCase("1795167600000", 1_795_167_600_000)]
    [TestCase("2h", 1_795_167_600_000 - 7_200_000)]
    [TestCase("2h ago", 1_795_167_600_000 - 7_200_000)]
    public void Times_are_parsed(string text, long expected)
    {
        Assert.That(TimeExpression.TryParse(text, 1_795_167_600_000, out var time), Is.True);
        Assert.That(time, Is.EqualTo(expected));
    }

    [TestCase("2026-11-20T09:40:00", Description = "RFC 3339 requires an offset")]
    [TestCase("2026-13-20")]
    [TestCase("yesterday")]
    [TestCase("9223372036854775807", Description = "after the year 9999")]
    [TestCase("-9000000000000000000")]
    [TestCase("1795167600", Description = "seconds")]
    [TestCase("1795167600000000", Description = "microseconds")]
    [TestCase("20261120", Description = "the digits of a date")]
    [TestCase("")]
    public void Invalid_times_are_rejected(string text) => Assert.That(TimeExpression.TryParse(text, 0, out _), Is.False);
}
