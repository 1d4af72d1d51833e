using System.Text;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Reconciliations;
using CartRecovery.Tests.ControlPlane.Database;

namespace CartRecovery.Tests.ControlPlane.Reconciliations;

/// <summary>Keeps reports, and erases people from them.</summary>
public sealed class ReconciliationStoreTests(DatabaseKind kind) : ControlDatabaseFixture(kind)
{
    [Test]
    public async Task A_persons_ids_are_erased_from_all_reports_of_the_store()
    {
        var reports = new ReconciliationStore(Control);
        await reports.AddAsync(Report("shop"), address: null);
        await reports.AddAsync(Report("other"), address: null);
        Assert.That(await EraseAsync(), Is.EqualTo(4));
        Assert.That(await EraseAsync(), Is.Zero, "a second time there is nothing");

        var report = (await reports.ListAsync("shop", before: null, limit: 10)).Single();
        Assert.That(report.Differences, Is.EqualTo(new[] { new("missing_here", null, null, null), new("differs", null, null, null, "value"), new("missing_there", null, null, null), Theirs }));
        Assert.That((report.MissingHere, report.Errors[0].Line, report.Errors[1]), Is.EqualTo((1, 7, new ReconciliationError(8, "not JSON"))));
        Assert.That(report.Errors[0].Message, Does.Not.Contain("zoe"));
        Assert.That((await reports.ListAsync("other", before: null, limit: 10)).Single().Differences[0].CartId, Is.EqualTo("basket"), "another store's");

        Task<long> EraseAsync() => reports.EraseAsync("shop", (order, cart) => order == "o-1" || cart == "basket", text => text.Contains("zoe", StringComparison.Ordinal));
    }

    [Test]
    public async Task Reports_are_encrypted_and_those_of_an_earlier_version_become_so()
    {
        var (reports, plain) = (new ReconciliationStore(Control), Report("shop"));
        await reports.AddAsync(Report("other"), address: null);
        await Control.WriteAsync(session => session.RunAsync($"""
            INSERT INTO reconciliations (id, store, report) VALUES ({plain.Id}, {"shop"},
                {JsonSerializer.Serialize(plain, new JsonSerializerOptions(JsonSerializerDefaults.Web))})
            """));
        Assert.That(await TextsAsync(), Has.Some.Contains("order-of-zoe"), "as an earlier version stored it");
        Assert.That((await reports.FindAsync("shop", plain.Id))!.Differences, Is.EqualTo(plain.Differences), "which can be read");

        Assert.That(await reports.SealAllAsync(), Is.EqualTo(1));
        Assert.That(await TextsAsync(), Has.None.Contains("order-of-zoe"));
        Assert.That((await reports.FindAsync("shop", plain.Id))!.Errors, Is.EqualTo(plain.Errors));
        Assert.That(await reports.SealAllAsync(), Is.Zero, "a second time there is nothing to do");

        // All that the table has, as text.
        async Task<List<string>> TextsAsync() => await Control.ReadAsync(session => session.ListAsync($"SELECT report, sealed FROM reconciliations",
            row => row.Text(0) + Encoding.Latin1.GetString(row.BytesOrNull(1) ?? [])));
    }

    [Test]
    public async Task Old_reports_are_deleted()
    {
        var reports = new ReconciliationStore(Control);
        await reports.AddAsync(Report("shop"), address: null);
        Time.Advance(TimeSpan.FromDays(10));
        await reports.AddAsync(Report("shop"), address: null);
        var oldest = Time.GetUtcNow().AddDays(-5);
        Assert.That(await reports.CountAsync("shop", oldest), Is.EqualTo((2L, 1L, (long?)Start)));
        await reports.PurgeAsync(oldest);
        Assert.That((await reports.ListAsync("shop", before: null, limit: 10)).Select(report => report.At), Is.EqualTo(new[] { Time.GetUtcNow().UtcDateTime }));
    }

    static ReconciliationDifference Theirs => new("missing_here", 4, "o-9", "others-basket");

    ReconciliationReport Report(string store) => new(
        Guid.CreateVersion7(Time.GetUtcNow()).ToString("n"), store, Time.GetUtcNow().UtcDateTime, "key", "api", Repair: false, Orders: 3, Carts: 0, Matched: 0, MissingHere: 1, MissingThere: 1,
        Differing: 1, Repaired: 0, Invalid: 2,
        [new("missing_here", 1, "o-7", "basket"), new("differs", 2, "o-1", null, "value", "7", "8"), new("missing_there", null, "order-of-zoe", null), Theirs],
        [new(7, "not repaired: zoe"), new(8, "not JSON")]);
}
