using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Tests.Events;
using FsCheck.Fluent;

namespace CartRecovery.Tests.Backtest;

/// <summary>Exports the journals' events and reads them back.</summary>
public sealed class ExportTests
{
    RecordedTraffic _traffic = null!;
    string[] _lines = null!;

    [OneTimeSetUp]
    public async Task Record()
    {
        _traffic = await RecordedTraffic.RecordAsync(quiet: false);
        _lines = Lines(_traffic.Export(ExportFormat.Ndjson));
    }

    [Test]
    public void Every_event_is_exported_once_unchanged() =>
        Assert.That(_lines.Order(StringComparer.Ordinal), Is.EqualTo(RecordedTraffic.Messages.Select(Canonical).Order(StringComparer.Ordinal)));

    [Test]
    public void Events_are_exported_in_the_order_received() => Assert.That(_lines.Select(NumberOf).Select(_traffic.ReceivedAt), Is.Ordered);

    [Test]
    public void A_carts_events_keep_their_order()
    {
        foreach (var cart in _lines.GroupBy(l => Field(l, "cartId"), StringComparer.Ordinal))
        {
            Assert.That(cart.Select(NumberOf), Is.Ordered, cart.Key);
        }
    }

    [TestCase(0.25, 0.75)]
    [TestCase(-1, 0.5)]
    [TestCase(0.5, 2)]
    [TestCase(2, 3)]
    public void A_range_selects_events_by_time_received(double from, double to)
    {
        var (first, last) = RecordedTraffic.Times;
        var range = new TimeRange(first + (long)((last - first) * from), first + (long)((last - first) * to));
        Assert.That(Lines(_traffic.Export(ExportFormat.Ndjson, range)), Is.EqualTo(_lines.Where(l => range.Contains(_traffic.ReceivedAt(NumberOf(l))))));
    }

    [Test]
    public void An_export_can_be_limited_to_one_store()
    {
        Assert.That(Lines(_traffic.Export(ExportFormat.Ndjson, store: 0)), Is.EqualTo(_lines));
        Assert.That(_traffic.Export(ExportFormat.Ndjson, store: 1), Is.Empty);
    }

    [Test]
    public void Csv_has_a_header_and_the_same_events()
    {
        var rows = Csv.Parse(Encoding.UTF8.GetString(_traffic.Export(ExportFormat.Csv)));
        Assert.That(string.Join(',', rows[0]), Is.EqualTo("id,type,storeId,cartId,userId,sessionId,productId,quantity,price,currency,ts,receivedAt,meta"));
        Assert.That(rows.Skip(1).Select(r => r[0]), Is.EqualTo(_lines.Select(l => Field(l, "id"))));
        for (var i = 0; i < _lines.Length; i++)
        {
            using var document = JsonDocument.Parse(_lines[i]);
            var e = document.RootElement;
            string[] names = ["id", "type", "storeId", "cartId", "userId", "sessionId", "productId", "quantity", "price", "currency", "ts"];
            var expected = names.Select(n => e.TryGetProperty(n, out var value) ? value.ToString() : n == "quantity" ? "1" : "")
                .Append(_traffic.ReceivedAt(NumberOf(_lines[i])).ToString(CultureInfo.InvariantCulture))
                .Append(e.TryGetProperty("meta", out var meta) ? meta.GetRawText() : "");
            Assert.That(rows[i + 1], Is.EqualTo(expected));
        }
    }

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public FsCheck.Property Any_text_round_trips_through_CSV() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
    {
        var random = new Random(seed);
        string[] texts = [.. Enumerable.Range(0, 5).Select(i => Text(random, i < 2 ? 1 : 0))];
        var bytes = Array.ConvertAll(texts, Encoding.UTF8.GetBytes);
        var record = new EventRecord { Type = EventType.Refund, Thousandths = 3000, Timestamp = 5, Price = 25_000, Flags = EventFlags.HasPrice };
        new IdHasher("demo"u8).Set(ref record, bytes[0], bytes[1], bytes[2], bytes[3], bytes[4]);
        var slab = new EventSlab { ReceivedAt = 7 };
        slab.Append(record, out var target);
        bytes.SelectMany(b => b).ToArray().CopyTo(target);
        using var output = new StringWriter();
        using (var csv = new EventCsv(output))
        {
            csv.Write(slab, slab.Records[0], Encoding.UTF8.GetBytes("a \"store\""), new IdHasher("demo"u8));
        }

        // A quote precedes values that a spreadsheet would evaluate as a formula.
        var cells = Array.ConvertAll(texts, text => text is ['\t' or '\r' or '\n', ..] || text.TrimStart() is ['=', ..] ? $"'{text}" : text);
        Assert.That(Csv.Parse(output.ToString()).Skip(1), Is.EqualTo(new[]
        {
            new[] { cells[0], "refund", "a \"store\"", cells[1], cells[2], cells[3], cells[4], "3", "2.5", "", "5", "7", "" },
        }));
        return true;
    });

    [Test]
    public void Exporting_an_event_allocates_nothing()
    {
        _traffic.Export(ExportFormat.Ndjson);
        var before = GC.GetAllocatedBytesForCurrentThread();
        new EventExport(_traffic.Journals(), TimeRange.Everything).WriteTo(Stream.Null, ExportFormat.Ndjson, default);
        new EventExport(_traffic.Journals(), TimeRange.Everything).WriteTo(Stream.Null, ExportFormat.Csv, default);
        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / (2.0 * _lines.Length);

        // Buffers, pages and slabs take 3–4 MB per run, independent of the number of events.
        Assert.That(each, Is.LessThan(600));
    }

    static string Text(Random random, int least) =>
        new([.. Enumerable.Range(0, random.Next(least, 12)).Select(_ => "ab,\"\r\n é;\t'="[random.Next(12)])]);

    static string[] Lines(byte[] export)
    {
        var text = Encoding.UTF8.GetString(export);
        Assert.That(text.Length == 0 || text[^1] == '\n', Is.True);
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    static string Field(string line, string name)
    {
        using var document = JsonDocument.Parse(line);
        return document.RootElement.GetProperty(name).GetString()!;
    }

    // Position in the log; the following ones belong to the same read.
    static int NumberOf(string line) =>
        Field(line, "id") is ['r', .. var number] ? int.Parse(number, CultureInfo.InvariantCulture) : RecordedTraffic.Messages.Count - 1;

    static string Canonical(byte[] message)
    {
        var decoder = new JsonEventDecoder(EventReading.AnyTime());
        Assert.That(decoder.Read(message).IsError, Is.False);
        var slab = new EventSlab();
        decoder.AppendTo(slab, message);
        var output = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(output, EventJson.WriterOptions);
        EventJson.Write(writer, slab, slab.Records[0], "demo"u8);
        writer.Flush();
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}

/// <summary>Reads RFC 4180 CSV, independently of the writer.</summary>
static class Csv
{
    public static List<string[]> Parse(string text)
    {
        var rows = new List<string[]>();
        var row = new List<string>();
        var field = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '"' && field.Length == 0)
            {
                for (i++; text[i] != '"' || (i + 1 < text.Length && text[i + 1] == '"'); i++)
                {
                    i += text[i] == '"' ? 1 : 0;
                    field.Append(text[i]);
                }
            }
            else if (text[i] is ',' or '\r')
            {
                row.Add(field.ToString());
                field.Clear();
                if (text[i] == '\r')
                {
                    Assert.That(text[++i], Is.EqualTo('\n'));
                    rows.Add([.. row]);
                    row.Clear();
                }
            }
            else
            {
                field.Append(text[i]);
            }
        }

        Assert.That((row.Count, field.Length), Is.EqualTo((0, 0)));
        return rows;
    }
}
