using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.MessagePack;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Ingest.DeadLetters.Repair;
using CartRecovery.Tests.Architecture;
using CartRecovery.Tests.Events.MessagePack;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Events;

/// <summary>Each row of the table of event types is complete everywhere: a new type fails here until it is.</summary>
public sealed partial class EventTypeTableTests
{
    static IReadOnlyList<EventTypeRow> Rows => EventTypes.All;

    [TestCaseSource(nameof(Rows))]
    public void A_type_is_decoded_from_JSON_and_MessagePack_and_written_back(EventTypeRow row)
    {
        var json = new TestEvent(row.Name, EventReading.Now) { User = "u1" }.ToString();
        var decoder = new JsonEventDecoder(EventReading.Rules());
        var builder = new EventBuilder(EventReading.Rules());
        var (position, slab) = (0, new EventSlab());
        Assert.That(decoder.Read(json).Message, Is.Null);
        Assert.That(new MessagePackEventDecoder(builder).Decode(Packer.Json(json), ref position, EventReading.Now).Message, Is.Null);
        Assert.That((decoder.Record.Type, builder.Record.Type), Is.EqualTo((row.Type, row.Type)));

        decoder.AppendTo(slab, json);
        var written = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(written))
        {
            Engine.Events.Json.EventJson.Write(writer, slab, slab.Records[0], "demo"u8);
        }

        Assert.That(new JsonEventDecoder(EventReading.Rules()).Read(written.WrittenSpan).Message, Is.Null);
        using var document = JsonDocument.Parse(written.WrittenMemory);
        Assert.That(document.RootElement.GetProperty("type").GetString(), Is.EqualTo(row.Name));
    }

    [TestCaseSource(nameof(Rows))]
    public void A_type_is_repaired_from_each_alias_and_from_another_case(EventTypeRow row)
    {
        Assert.That(row.Aliases, Is.Not.Empty);
        foreach (var spelling in row.Aliases.Append(row.Name.ToUpperInvariant()).Append(row.Name.Replace('_', ' ')).Append(row.Name.Replace('_', '-')))
        {
            var json = Encoding.UTF8.GetBytes($"{new TestEvent(spelling, EventReading.Now).ToString()[..^1]},\"items\":[],\"value\":1,\"channel\":\"email\",\"granted\":true}}");
            var repair = EventRepair.Of(json, EventReading.Now, EventReading.Rules());

            Assert.That(repair.Problem.Message, Is.Null, spelling);
            var decoder = new JsonEventDecoder(EventReading.Rules());
            Assert.That(decoder.Read(repair.Json).Message, Is.Null, spelling);
            Assert.That(decoder.Record.Type, Is.EqualTo(row.Type), spelling);
        }
    }

    [TestCaseSource(nameof(Rows))]
    public void A_type_is_in_the_documentation_and_in_the_storefronts_declarations(EventTypeRow row)
    {
        var events = File.ReadAllText(Path.Combine(Repository.Root, "docs", "events.md"));
        var table = events[events.IndexOf("## Event types", StringComparison.Ordinal)..events.IndexOf("## Customers", StringComparison.Ordinal)];
        var declarations = File.ReadAllText(Path.Combine(Repository.Root, "plugins", "storefront", "cartrecovery.d.ts"));
        var type = declarations[declarations.IndexOf("export type EventType", StringComparison.Ordinal)..];

        Assert.That(table, Does.Contain($"`{row.Name}`"));
        Assert.That(type[..type.IndexOf(';', StringComparison.Ordinal)], Does.Contain($"\"{row.Name}\""));
    }

    // The order of the numbers means nothing: what types share is a trait.
    [Test]
    public void No_source_compares_types_by_their_order([Values("engine", "plugins", "bench")] string folder)
    {
        var compared = SourceFile.Below(folder).SelectMany(file => Comparison().Matches(file.Code).Select(match => $"{file.Path}: {match.Value}"));

        Assert.That(compared, Is.Empty);
    }

    [TestCase("e.Type >= EventType.Delivered")]
    [TestCase("e.Type is > EventType.Purchase and <= EventType.Consent")]
    [TestCase("EventType.Delivered <= type")]
    [TestCase("(byte)e.Type < (byte)EventType.Opened")]
    [TestCase("type.CompareTo(EventType.Opened)")]
    public void A_comparison_by_order_is_recognised(string code) => Assert.That(Comparison().IsMatch(code), Is.True);

    [TestCase("EventType what, string code")]
    [TestCase("List<EventType> types")]
    [TestCase("e.Type is EventType.Opened or EventType.Clicked ? 1 : 2")]
    [TestCase("x => EventType.Opened")]
    public void Other_uses_are_not_taken_for_one(string code) => Assert.That(Comparison().IsMatch(code), Is.False);

    [GeneratedRegex(@"(?<![=\w])[<>]=?\s*(\(\w+\)\s*)?EventType\.\w+|\bEventType\.\w+\s*[<>]|CompareTo\(\s*(\(\w+\)\s*)?EventType\.", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Comparison();
}
