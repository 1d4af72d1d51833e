using CartRecovery.Host.Logs;

#pragma warning disable NUnit1027 // FsCheck supplies the arguments.

namespace CartRecovery.Tests.Hosting.Logs;

sealed class LogQueryTests
{
    const string Line =
        """{"time":"2026-12-02T08:00:00.500Z","level":"warning","event":"sink_failed","category":"CartRecovery.Delivery","message":"The sink mail failed: connection refused","sink":"mail","tries":3}""";

    [TestCase("", true)]
    [TestCase("refused", true)]
    [TestCase("REFUSED mail", true)]
    [TestCase("refused accepted", false)]
    [TestCase("\"connection refused\"", true)]
    [TestCase("\"refused connection\"", false)]
    [TestCase("-accepted", true)]
    [TestCase("-refused", false)]
    [TestCase("sink:mail", true)]
    [TestCase("sink:ma", false, Description = "the whole value")]
    [TestCase("event:sink_failed tries:3", true)]
    [TestCase("tries:4", false)]
    [TestCase("-sink:mail", false)]
    [TestCase("-sink:push", true)]
    [TestCase("store:nl", false, Description = "a field that it has not")]
    [TestCase("-store:nl", true)]
    [TestCase("message:\"The sink mail failed: connection refused\"", true)]
    [TestCase("failed:", true, Description = "a colon at the end belongs to the word")]
    public void All_parts_must_hold(string text, bool isFound) => Assert.That(Finds(new LogQuery(), text), Is.EqualTo(isFound));

    [TestCase("information", true)]
    [TestCase("warning", true)]
    [TestCase("error", false)]
    public void A_level_finds_what_is_as_severe(string level, bool isFound) => Assert.That(Finds(new LogQuery { Level = level }, ""), Is.EqualTo(isFound));

    [TestCase("2026-12-02T08:00:00.500Z", "2026-12-02T08:00:00.501Z", true)]
    [TestCase("2026-12-02T08:00:00.501Z", null, false)]
    [TestCase(null, "2026-12-02T08:00:00.500Z", false)]
    public void From_is_included_and_to_is_not(string? from, string? to, bool isFound) =>
        Assert.That(Finds(new LogQuery { From = Milliseconds(from) ?? long.MinValue, To = Milliseconds(to) ?? long.MaxValue }, ""), Is.EqualTo(isFound));

    [Test]
    public void Lines_well_before_from_end_a_search([Values("", "other")] string text)
    {
        var query = new LogQuery { From = Milliseconds("2026-12-02T08:10:00Z")!.Value };
        Assert.That(query.TryAdd(text, out _));
        Assert.That(query.Match(Bytes(Line)).IsBefore);
        Assert.That(query.Match(Bytes(Line.Replace("08:00", "08:09:59", StringComparison.Ordinal))).IsBefore, Is.False);
    }

    [TestCase("{\"time\":\"2026-12-02T08:00:00.5")]
    [TestCase("not JSON")]
    [TestCase("[]")]
    [TestCase("{}")]
    [TestCase("{\"time\":7}")]
    public void What_is_no_line_is_not_found(string line)
    {
        var (isBefore, found) = new LogQuery().Match(Bytes(line));
        Assert.That((isBefore, found), Is.EqualTo((false, (System.Text.Json.JsonDocument?)null)));
    }

    [TestCase("\"open", "a quotation mark is not closed")]
    [TestCase("a b c d e f g h i j k l m n o p q", "it has more than 16 parts")]
    public void A_query_that_cannot_be_read_says_why(string text, string expected)
    {
        Assert.That(new LogQuery().TryAdd(text, out var problem), Is.False);
        Assert.That(problem, Is.EqualTo(expected));
    }

    // Words in other letters, values that JSON escapes, texts that are no ASCII.
    [TestCase("""{"time":"2026-12-02T08:00:00.500Z","level":"error","message":"K\u00d6LN \"x\" \u212a","store":"\u0061b"}""", "store:ab", true)]
    [TestCase("""{"time":"2026-12-02T08:00:00.500Z","level":"\u0065rror","message":"x"}""", "", true)]
    [TestCase("""{"time":"2026-12-02T08:00:00.500Z","level":"error","message":"a \"b\" c"}""", "message:\"a \"", false)]
    [TestCase("""{"time":"2026-12-02T08:00:00.500Z","level":"error","message":"Köln"}""", "KÖLN", true)]
    [TestCase("""{"time":"2026-12-02T08:00:00.500Z","level":"error","message":"Köln"}""", "message:köln", true)]
    [TestCase("""{"time":"2026-12-02T08:00:00.500Z","level":"error","message":"Koln"}""", "KÖLN", false)]
    [TestCase("""{"time":"2026-12-02T08:00:00.500Z","level":"error","message":"Koln"}""", "-KÖLN", true)]
    [TestCase("""{"time":"2026-12-02T08:00:00.500Z","level":"information","message":"an \"error\""}""", "", false)]
    [TestCase("""{"level":"error","time":"2026-12-02T08:00:00.500Z","on":true,"n":null,"at":1.50}""", "on:TRUE n:null at:1.50", true)]
    public void Bytes_are_searched_like_their_text(string line, string text, bool isFound)
    {
        var query = new LogQuery { Level = "error" };
        Assert.That(query.TryAdd(text, out _));
        using var found = query.Match(Bytes(line)).Found;
        Assert.That(found is not null, Is.EqualTo(isFound));
    }

    [FsCheck.NUnit.Property(MaxTest = 2000)]
    public void A_word_is_found_where_the_text_has_it(byte[] bytes, byte from, byte length)
    {
        var line = new string([.. Enumerable.Repeat(bytes, 4).SelectMany(part => part).Select(part => "abcABC1[{@ \\"[part % 12])]);
        var word = line.Length == 0 ? "a" : line.Substring(from % line.Length, Math.Min(1 + (length % 9), line.Length - (from % line.Length)));
        foreach (var wanted in new[] { word, word.ToUpperInvariant(), word + "c", string.Concat(word.Reverse()) })
        {
            Assert.That(AsciiWord.Of(wanted)!.IsIn(Bytes(line).Span), Is.EqualTo(line.Contains(wanted, StringComparison.OrdinalIgnoreCase)), $"{wanted} in {line}");
        }
    }

    static ReadOnlyMemory<byte> Bytes(string line) => System.Text.Encoding.UTF8.GetBytes(line);

    static bool Finds(LogQuery query, string text)
    {
        Assert.That(query.TryAdd(text, out var problem), problem);
        using var found = query.Match(Bytes(Line)).Found;
        return found is not null;
    }

    static long? Milliseconds(string? time) => time is null ? null : DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
}
