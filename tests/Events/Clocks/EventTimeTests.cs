using System.Globalization;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Events.Clocks;
using FsCheck.Fluent;

namespace CartRecovery.Tests.Events.Clocks;

/// <summary>Compares the time parser with the framework's on valid times and near misses.</summary>
public sealed class EventTimeTests
{
    static readonly string[] s_times =
    [
        "2024-11-20T09:40Z", "2024-11-20T09:40:00Z", "2024-02-29T23:59:59.999Z", "2023-02-29T00:00:00Z", "0001-01-01T00:00:00+14:00",
        "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59-00:01", "2024-11-20T24:00:00Z", "2024-11-20T09:40:60Z",
        "2024-11-20T09:40:00.1234567890123456Z", "2024-11-20T09:40:00.12345678901234567Z", "2024-11-20T09:40:00.1234567890123456+01:00",
        "2024-11-20T09:40:00-00:00", "2024-11-20T09:40:00+14:00", "2024-11-20T09:40:00+14:01", "2024-11-20T09:40:00+05:45", "2024-11-20T09:40+05:45",
        "2024-11-20T09:40:00.Z", "2024-11-20T09:40:00,5Z", "2024-11-20T09Z", "+024-11-20T09:40:00Z", "2024-11-20T09:40:00+01", "2024-11-20t09:40:00Z",
        "0000-01-01T00:00:00Z", "2024-00-20T09:40:00Z", "2024-11-00T09:40:00Z", "2024-13-20T09:40:00Z", "2024-11-20T09:40:00.5-01:00",
    ];

    [TestCaseSource(nameof(s_times))]
    public void Times_are_parsed_as_by_the_framework(string text) => Compare(text);

    [FsCheck.NUnit.Property(MaxTest = 20_000)]
    public FsCheck.Property Near_misses_are_parsed_as_by_the_framework() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
    {
        var random = new Random(seed);
        var text = new StringBuilder(s_times[random.Next(s_times.Length)]);
        for (var changes = random.Next(3); changes >= 0 && text.Length > 0; changes--)
        {
            var at = random.Next(text.Length);
            var c = "0123456789:-+TZ. "[random.Next(17)];
            switch (random.Next(4))
            {
                case 0:
                    text.Remove(at, 1);
                    break;
                case 1:
                    text.Insert(at, c);
                    break;
                default:
                    text[at] = c;
                    break;
            }
        }

        Compare(text.ToString());
        return true;
    });

    static void Compare(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes($"\"{text}\""));
        reader.Read();

        // Without a zone the framework uses the machine's zone. The last minus of 2024-11-20 stands where an offset would.
        var zoned = text.Length > "2024-11-20T09:40".Length && (text[^1] == 'Z' || text[^6] is '+' or '-');
        var expected = zoned && reader.TryGetDateTimeOffset(out var moment) ? moment.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture) : "none";
        Assert.That(EventTime.TryParse(utf8, out var time) ? time.ToString(CultureInfo.InvariantCulture) : "none", Is.EqualTo(expected), text);
    }
}
