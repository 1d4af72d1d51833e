using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Engine.State.Customers;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Pipeline;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Migration;

/// <summary>
/// A data folder that an earlier version wrote, and a listing of its state by that version: <c>data.tar.gz</c> and <c>state.txt.gz</c>.
/// </summary>
static partial class RecordedFolder
{
    public const int Partitions = 1;
    public const long Segment = 4 << 20;

    const int Rows = 4200;

    /// <summary>The moment of the folder's last event.</summary>
    public static readonly DateTimeOffset End = new(2026, 11, 28, 18, 0, 0, TimeSpan.Zero);

    static readonly ShopSample s_sample = ShopSample.Read(End);

    /// <summary>The events that were sent, in order.</summary>
    public static IReadOnlyList<byte[]> Events { get; } = [.. s_sample.Events.Take(Rows), .. Others().Select(e => e.ToUtf8())];

    /// <summary>Every cart and every user, and some that the events do not name.</summary>
    public static IReadOnlyList<string> Ids { get; } =
        [.. s_sample.Ids.Concat(Others().SelectMany(e => new[] { e.Cart, e.User })).OfType<string>().Distinct(StringComparer.Ordinal)];

    public static string PathOf(int version, string name) => Path.Combine(Repository.Root, "tests", "Migration", $"version{version}", name);

    /// <summary>Extracts a version's folder.</summary>
    public static void Extract(int version, string folder)
    {
        Directory.CreateDirectory(folder);
        using var file = new GZipStream(File.OpenRead(PathOf(version, "data.tar.gz")), CompressionMode.Decompress);
        TarFile.ExtractToDirectory(file, folder, overwriteFiles: true);
    }

    /// <summary>Reads the listing that the version wrote.</summary>
    public static string[] Listing(int version)
    {
        using var file = new StreamReader(new GZipStream(File.OpenRead(PathOf(version, "state.txt.gz")), CompressionMode.Decompress));


        // An outbox was part of a partition's state in format 3.
        return [.. file.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => Outbox().Replace(line, ""))];
    }

    /// <summary>The options of an engine on such a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="stores">The stores; null for the one of the recorded events, without a secret.</param>
    /// <param name="checkpointInterval">The interval between checkpoints; null for none but the last.</param>
    public static PipelineOptions Options(string folder, StoreTable? stores = null, TimeSpan? checkpointInterval = null) => new()
    {
        Stores = stores ?? TestStages.Stores,
        Serving = ServingPlan.Of(TestStages.Model),
        Campaigns = TestCampaigns.Compile(),
        WindowMilliseconds = 60 * EventReading.Minute,
        BatchRows = 256,
        Carts = RecordStoreSize.For(1 << 20, Unsafe.SizeOf<CartRecord>()),
        Customers = RecordStoreSize.For(1 << 20, Unsafe.SizeOf<CustomerRecord>()),
        Timers = 1 << 16,
        DedupWindow = TimeSpan.FromDays(1),
        DedupBytes = 4 << 20,
        DataFolder = Path.Combine(folder, "stores"),
        Journal = new JournalOptions
        {
            Stores = new JournalStores(stores ?? TestStages.Stores),
            Layout = new JournalLayout(Segment, JournalLayout.StandardPage),
            CommitAge = TimeSpan.FromMilliseconds(5),
            CommitBytes = 64 * 1024,
            CheckpointInterval = checkpointInterval ?? TimeSpan.FromDays(1),
            RetentionAge = TimeSpan.FromDays(10),
            RetentionBytes = 1 << 30,
            CheckpointsKept = 2,
            CheckpointFolder = index => Path.Combine(folder, "checkpoints", $"{index}"),
            CursorFile = index => Path.Combine(folder, "journal", $"{index}", "cursors"),
            Device = index => new FileJournalDevice(Path.Combine(folder, "journal", $"{index}")),
        },
    };

    // The types of events when the folder was recorded.
    const int TypesThen = 21;

    // What the log does not contain: every type of event, full ids, many products, texts beyond ASCII.
    static IEnumerable<TestEvent> Others()
    {
        var at = End.AddMinutes(-30).ToUnixTimeMilliseconds();
        foreach (var (name, index) in EventTypes.Names.Take(TypesThen).Select((name, index) => (name, index)))
        {
            for (var i = 0; i <= index; i++)
            {
                yield return new TestEvent(name, at++)
                {
                    Id = $"o{index}.{i}",
                    Cart = $"päckchen {index % 4}".PadRight(60, '.')[..(20 + index)],
                    User = i % 3 == 0 ? $"käufer {index % 5}" : null,
                    Session = $"session {index} {i / 4}",
                    Product = $"product {i}",
                    Price = 10 + (i * 1.25m),
                    Quantity = 1 + (i % 3),
                    Currency = index % 2 == 0 ? "EUR" : "GBP",
                    Device = (i % 3) switch
                    {
                        0 => "mobile",
                        1 => "tablet",
                        _ => "desktop",
                    },
                    Source = new[] { "direct", "organic", "paid", "email", "social", "referral" }[index % 6],
                };
            }
        }

        // A cart that fills its lines, empties some and begins its checkout.
        for (var i = 0; i < 12; i++)
        {
            yield return new TestEvent("add_to_cart", at++) { Id = $"f{i}", Cart = "full", Product = $"p{i}", Price = 5 + i, Quantity = 3 };
        }

        yield return new TestEvent("remove_from_cart", at++) { Id = "f20", Cart = "full", Product = "p3", Quantity = 1 };
        yield return new TestEvent("remove_from_cart", at++) { Id = "f21", Cart = "full", Product = "p5", Quantity = 3 };
        yield return new TestEvent("begin_checkout", at) { Id = "f22", Cart = "full", User = "käufer 9" };
    }

    [GeneratedRegex(@" outbox=\d+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Outbox();
}
