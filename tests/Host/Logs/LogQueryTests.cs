using CartRecovery.Host.Logs;

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
        Assert.That(query.Match(Line).IsBefore);
        Assert.That(query.Match(Line.Replace("08:00", "08:09:59", StringComparison.Ordinal)).IsBefore, Is.False);
    }

    [TestCase("{\"time\":\"2026-12-02T08:00:00.5")]
    [TestCase("not JSON")]
    [TestCase("[]")]
    [TestCase("{}")]
    [TestCase("{\"time\":7}")]
    public void What_is_no_line_is_not_found(string line)
    {
        var (isBefore, found) = new LogQuery().Match(line);
        Assert.That((isBefore, found), Is.EqualTo((false, (System.Text.Json.JsonDocument?)null)));
    }

    [TestCase("\"open", "a quotation mark is not closed")]
    [TestCase("a b c d e f g h i j k l m n o p q", "it has more than 16 parts")]
    public void A_query_that_cannot_be_read_says_why(string text, string expected)
    {
        Assert.That(new LogQuery().TryAdd(text, out var problem), Is.False);
        Assert.That(problem, Is.EqualTo(expected));
    }

    static bool Finds(LogQuery query, string text)
    {
        Assert.That(query.TryAdd(text, out var problem), problem);
        using var found = query.Match(Line).Found;
        return found is not null;
    }

    static long? Milliseconds(string? time) => time is null ? null : DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
}
