using System.Globalization;
using System.Text;
using CartRecovery.Host.Logs;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Logs;

/// <summary>How long a search of a gigabyte takes. Run it by its name; it prints the times.</summary>
[Explicit("Writes 1 GB.")]
sealed class LogScaleTests
{
    const int Files = 64;
    const long FileMilliseconds = 17_280_000;

    static readonly DateTimeOffset s_start = new(2026, 11, 18, 0, 0, 0, TimeSpan.Zero);

    [Test]
    public async Task A_gigabyte_is_searched_by_a_word_that_is_nowhere_by_a_field_and_by_a_narrow_time()
    {
        using var scratch = new Scratch();
        Write(scratch);
        using var search = new LogSearch(scratch.Folder);
        var hour = s_start.AddMilliseconds((20 * FileMilliseconds) + 3_600_000).ToUnixTimeMilliseconds();
        await MeasureAsync("a word that is nowhere", new LogQuery(), "needle", 0);
        await MeasureAsync("a trace", new LogQuery(), "traceId:4bf92f3577b34da6a3ce929d0e0e4736", 1);
        await MeasureAsync("a minute of days ago", new LogQuery { From = hour, To = hour + 60_000 }, "", null);

        async Task MeasureAsync(string what, LogQuery query, string text, int? expected)
        {
            Assert.That(query.TryAdd(text, out _));
            var began = TimeProvider.System.GetTimestamp();
            var found = 0;
            LogPosition? before = null;
            do
            {
                using var page = await search.FindAsync(query, before, 1000, CancellationToken.None);
                (found, before) = (found + page.Lines.Count, page.Next);
            }
            while (before is not null);

            await TestContext.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{what}: {found} lines, {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0.00} s"));
            Assert.That(found, expected is null ? Is.GreaterThan(100) : Is.EqualTo(expected));
        }
    }

    static void Write(Scratch scratch)
    {
        for (var i = 0; i < Files; i++)
        {
            var begin = s_start.AddMilliseconds(i * FileMilliseconds);
            using var file = new StreamWriter(scratch.PathOf($"engine-{begin:yyyyMMdd}{(i % 5 == 0 ? "" : $"_{i % 5:000}")}.ndjson"), append: false, new UTF8Encoding(false), 1 << 20);
            for (var line = 0L; file.BaseStream.Position < 16 << 20; line++)
            {
                var at = begin.AddMilliseconds(line * FileMilliseconds / 62_000).UtcDateTime;
                file.Write(string.Create(CultureInfo.InvariantCulture,
                    $$"""{"time":"{{at:yyyy-MM-ddTHH:mm:ss.fffZ}}","level":"information","event":"sink_retry","category":"CartRecovery.Delivery","message":"The sink orders answered 503; the batch of {{line % 97}} is tried again in 2 s","sink":"orders","items":{{line % 97}},"traceId":"{{(i == 3 && line == 100 ? "4bf92f3577b34da6a3ce929d0e0e4736" : Hash(i, line))}}"}""") + "\n");
            }
        }
    }

    static string Hash(int file, long line) => string.Create(CultureInfo.InvariantCulture, $"{file:x8}{line:x24}");
}
