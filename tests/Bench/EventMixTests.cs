using System.IO.Compression;
using System.Text;
using CartRecovery.Bench.Load;

namespace CartRecovery.Tests.Bench;

[TestFixture]
public sealed class EventMixTests
{
    [Test]
    public void Rows_and_sessions_match_the_file()
    {
        var mix = EventMix.Load(RealEvents.File());

        Assert.That((mix.Count, mix.SessionCount), Is.EqualTo((RealEvents.Rows, RealEvents.Sessions)));
        Assert.That(Enumerable.Range(0, 4).Select(mix.Session), Is.EqualTo(new[] { 0, 1, 0, 2 }));
        Assert.That(Enumerable.Range(0, mix.Count).Max(row => mix.Tail(row).Length), Is.EqualTo(mix.MaxTailLength));
    }

    [Test]
    public void A_gzip_file_is_decompressed()
    {
        var path = RealEvents.File() + ".gz";
        using (var file = new GZipStream(File.Create(path), CompressionLevel.Fastest))
        {
            file.Write(Encoding.UTF8.GetBytes(RealEvents.Csv));
        }

        Assert.That(EventMix.Load(path).Count, Is.EqualTo(RealEvents.Rows));
    }

    [Test]
    public void Values_are_escaped_for_JSON()
    {
        var path = WithRow("2019-10-01 00:00:00 UTC,view,1,2,\"\"\"books\"\"\\new\",b,1,3,s");

        Assert.That(Encoding.UTF8.GetString(EventMix.Load(path).Tail(RealEvents.Rows)), Does.Contain("""\u0022books\u0022\\new"""));
    }

    [TestCase("2019-10-01 00:00:00 UTC,view,1,2,,b,cheap,3,s")]
    [TestCase("2019-10-01 00:00:00 UTC,wish,1,2,,b,1,3,s")]
    [TestCase("2019-10-01 00:00:00 UTC,view,1,2")]
    public void A_malformed_row_is_reported_with_its_line_number(string row) =>
        Assert.That(() => EventMix.Load(WithRow(row)), Throws.InstanceOf<LoadException>().With.Message.Contains($"csv:{RealEvents.Rows + 2}:"));

    [Test]
    public void A_file_with_other_columns_is_rejected()
    {
        var path = RealEvents.File();
        File.WriteAllText(path, "a,b,c\n1,2,3\n");

        Assert.That(() => EventMix.Load(path), Throws.InstanceOf<LoadException>().With.Message.Contains("csv:1: expected REES46's header"));
        File.WriteAllText(path, RealEvents.Csv.Split('\n')[0] + "\n");
        Assert.That(() => EventMix.Load(path), Throws.InstanceOf<LoadException>().With.Message.Contains("no events"));
    }

    [Test]
    public void Items_hold_the_product_and_those_before_it()
    {
        var path = WithRow("2019-10-01 00:00:00 UTC,cart,7,2,,b,1.5,3,s\n2019-10-01 00:00:00 UTC,purchase,8,2,,b,2,3,s");

        var mix = EventMix.Load(path, EventFormat.Json, items: 2);

        Assert.That(Encoding.UTF8.GetString(mix.Tail(RealEvents.Rows + 1)), Does.Contain(
            """
            "type":"purchase","items":[{"productId":"7","quantity":1,"price":1.5},{"productId":"8","quantity":1,"price":2}],"currency"
            """.Trim()));
        Assert.That(Encoding.UTF8.GetString(EventMix.Load(path).Tail(RealEvents.Rows + 1)), Does.Not.Contain("items"));
    }

    [Test]
    public void A_missing_file_is_reported() =>
        Assert.That(() => EventMix.Load("nowhere.csv"), Throws.InstanceOf<LoadException>().With.Message.Contains("nowhere.csv"));

    static string WithRow(string row)
    {
        var path = RealEvents.File();
        File.AppendAllText(path, row + "\n");
        return path;
    }
}
