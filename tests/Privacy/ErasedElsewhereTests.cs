using System.Net;
using CartRecovery.Engine.ControlPlane.Backups;
using CartRecovery.Host.Backup;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Privacy;

/// <summary>People who are erased while their data is elsewhere as well: in a backup, and in another engine's data folder.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
sealed class ErasedElsewhereTests
{
    const string User = "customer-quillfeather-4711", Cart = "basket-of-quillfeather", Other = "customer-berta-99";
    const string Master = "a master key of at least 32 characters";

    Scratch _scratch = null!;

    [SetUp]
    public void SetUp() => _scratch = new Scratch();

    [TearDown]
    public void TearDown() => _scratch.Dispose();

    [Test]
    public async Task A_person_who_was_erased_after_the_backup_stays_erased_after_a_restore()
    {
        const string Key = "a key of backups with 32 characters";
        var to = _scratch.PathOf("backups");
        await using (var engine = await StartAsync("data", config => config.Backup.Key = Key))
        {
            await FillAsync(engine);
            await new BackupService(engine.Host.Control, _scratch.PathOf("data"), "").RunAsync(
                new BackupRequest(to, Key, KeyFile: null, Keep: 5, KeepFor: null), (_, _) => { });

            // A destination that is missing keeps the engine from replacing the backups.
            await new BackupDestinations(engine.Host.Control).RegisterAsync(
                new BackupDestination(_scratch.PathOf("a-disk-that-broke"), "", KeyFile: null, IsEncrypted: false, TimeProvider.System.GetUtcNow()));
            await ForgetAsync(engine);
            await Eventually.Is(() => TombstonesIn(to, Key) == 1, "the backups' folder knows whom the shop forgot");
        }

        using (var folder = BackupFolder.Open(to, BackupCipher.Of(Key)))
        {
            BackupRestore.Run(folder, folder.Read(), _scratch.PathOf("restored"), (_, _) => { });
        }

        Assert.That(Found("restored", User), Is.Not.Empty, "the backup names the person");
        await using (var engine = await StartAsync("restored", config => config.Backup.Key = Key))
        {
            Assert.That((await engine.PostAsync("/v1/events", View(User))).Problem, Is.EqualTo((403, "person_forgotten")), "from the start on");
            Assert.That((await engine.PostAsync("/v1/events", View(Other))).Taken, Is.EqualTo((1, 0, "")));
            await AgainAsync(engine);
            Assert.That(Found("restored", User, Cart), Is.Empty);
            Assert.That(Found("restored", Other), Is.Not.Empty);
        }

        Assert.That(File.Exists(Path.Combine(_scratch.PathOf("restored"), TombstoneFile.Restored)), Is.False);
        using var after = BackupFolder.Open(to, BackupCipher.Of(Key));
        Assert.That(after.List(), Has.Count.EqualTo(1), "the backup is replaced");
    }

    [Test]
    public async Task A_request_at_one_engine_erases_the_person_in_all_that_share_the_database()
    {
        var address = await PostgresCluster.CreateDatabaseAsync();
        await using var first = await StartAsync("first", Share);
        await using (var second = await StartAsync("second", Share))
        {
            await FillAsync(first);
            await FillAsync(second);
            var id = await ForgetAsync(first);
            var body = "";
            await Eventually.Is(() => (body = StatusOf(first, id).Body).Contains("\"state\":\"completed\",\"requestedBy\"", StringComparison.Ordinal), () => body);
            var elsewhere = StatusOf(second, id).Json.GetProperty("elsewhere").EnumerateArray().Single();
            Assert.That(await second.Host.Privacy.Receipts.VerifyAsync(elsewhere.GetProperty("receipt").GetString()!), Is.Not.Null);
            Assert.That(Found("first", User, Cart), Is.Empty);
            Assert.That(Found("second", User, Cart), Is.Empty);
            Assert.That(Found("second", Other), Is.Not.Empty);
        }

        // A copy of a data folder from before joins the database: it is erased as well.
        await using (var third = await StartAsync("third", config => config.Encryption.Key = Master))
        {
            await FillAsync(third);
        }

        await using var joined = await StartAsync("third", Share);
        await AgainAsync(joined);
        Assert.That(Found("third", User, Cart), Is.Empty, "a folder that joins is scanned");

        void Share(CartRecovery.Engine.Configuration.CartRecoveryConfig config) =>
            (config.Control.Database, config.Encryption.Key) = (address, Master);
    }

    static ApiAnswer StatusOf(InProcessEngine engine, string id) => engine.GetAsync($"/v1/gdpr/status/{id}").GetAwaiter().GetResult();

    static async Task<string> ForgetAsync(InProcessEngine engine)
    {
        var asked = await engine.PostAsync($"/v1/gdpr/forget/{User}", "{}");
        Assert.That(asked.Status, Is.EqualTo(HttpStatusCode.Accepted), asked.Body);
        return asked.Json.GetProperty("id").GetString()!;
    }

    // Waits until the person was found in the folder and erased.
    static async Task AgainAsync(InProcessEngine engine)
    {
        var body = "";
        await Eventually.Is(() => (body = engine.GetAsync("/v1/gdpr/requests").GetAwaiter().GetResult().Body).Contains("after a restore\",\"state\":\"completed\"", StringComparison.Ordinal), () => body);
    }

    static async Task FillAsync(InProcessEngine engine)
    {
        var sent = await engine.PostAsync("/v1/events", EventJson.Array(
            EventJson.Of(Cart, "add_to_cart", $$""","productId":"p1","price":5,"userId":"{{User}}" """),
            EventJson.Of("cart-of-berta", "add_to_cart", $$""","productId":"p1","price":5,"userId":"{{Other}}" """)));
        Assert.That(sent.Taken, Is.EqualTo((2, 0, "")));
    }

    static int TombstonesIn(string to, string key) => BackupFolder.ReadTombstones(to, BackupCipher.Of(key)) is { } bytes ? TombstoneFile.Read(bytes, to).Count : 0;

    // Everything in the folder, and what journals have compressed.
    IReadOnlyList<string> Found(string folder, params string[] texts) =>
        [.. PersonSearch.Find(_scratch.PathOf(folder), texts, file => file != "backup.lock"), .. PersonSearch.FindIn(JournalBlocks.In(_scratch.PathOf(folder)), texts)];

    Task<InProcessEngine> StartAsync(string folder, Action<CartRecovery.Engine.Configuration.CartRecoveryConfig> change) => InProcessEngine.StartAsync(config =>
    {
        config.Data = _scratch.PathOf(folder);
        change(config);
    });

    static string View(string user) => EventJson.Of(EventJson.NewCart(), "page_view", $$""","userId":"{{user}}" """);
}
