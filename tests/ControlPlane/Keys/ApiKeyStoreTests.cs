using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Tests.ControlPlane.Database;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.ControlPlane.Keys;

/// <summary>The keys of the control database, and how engines follow them.</summary>
public sealed class ApiKeyStoreTests(DatabaseKind kind) : ControlDatabaseFixture(kind)
{
    const string Store = "shop";

    ApiKeyStore _keys = null!;
    StoreDirectory _stores = null!;
    ApiKeyDirectory _directory = null!;
    int _changes;

    [SetUp]
    public async Task FollowAsync()
    {
        (_changes, _keys, _stores) = (0, new ApiKeyStore(Control), DirectoryOf(Store));
        _directory = new ApiKeyDirectory(Control, _stores) { OnChange = () => Interlocked.Increment(ref _changes) };
        _directory.Follow();
        await Control.Changes.StartAsync();
    }

    [TearDown]
    public async Task StopAsync() => await _directory.DisposeAsync();

    [Test]
    public async Task A_key_is_valid_from_its_creation_until_it_is_revoked()
    {
        var (key, text) = await AddAsync(new ApiKeySettings("till", KeyKind.Secret, ["events:write"], [], LoopbackOnly: true));
        var found = _stores.FindKey(text)!;
        Assert.That((found.Store.Id, found.Kind, found.LoopbackOnly, found.Id), Is.EqualTo((Store, KeyKind.Secret, true, key.Id)));
        Assert.That((found.Allows("events:write"), found.Allows("carts:read")), Is.EqualTo((true, false)));
        Assert.That(_stores.StateOf(found), Is.EqualTo(KeyState.InForce));

        var former = _changes;
        Assert.That(await _keys.RevokeAsync("other", key.Id, "cli", address: null), Is.False, "another store's key");
        Assert.That(await _keys.RevokeAsync(Store, key.Id, "cli", address: null));
        Assert.That((_stores.FindKey(text), _stores.StateOf(found), _changes), Is.EqualTo(((StoreKey?)null, KeyState.Revoked, former + 1)));
        Assert.That(await _keys.RevokeAsync(Store, key.Id, "cli", address: null), Is.False);
    }

    [Test]
    public async Task A_record_has_its_creator_and_not_the_key()
    {
        var settings = new ApiKeySettings("shop front", KeyKind.Publishable, null, ["https://shop.example", "http://localhost:*"], ExpiresAt: Time.GetUtcNow().AddDays(1));
        var (key, text) = await _keys.AddAsync(Store, settings, "user:7", "192.0.2.1");

        var kept = (await _keys.ListAsync(Store)).Single();
        Assert.That((kept.Id, kept.Hint, kept.Hash, kept.CreatedAt, kept.CreatedBy), Is.EqualTo((key.Id, text[..7], KeyHash.OfConfigured(text), Time.GetUtcNow(), "user:7")));
        Assert.That((kept.Settings.Name, kept.Settings.Kind, kept.Settings.Scopes, kept.Settings.ExpiresAt), Is.EqualTo(("shop front", KeyKind.Publishable, (object?)null, settings.ExpiresAt)));
        Assert.That(kept.Settings.Origins, Is.EqualTo(settings.Origins));
        Assert.That(_stores.FindKey(text)!.AllowsOrigin("http://localhost:5173"), Is.True);
        Assert.That(await _keys.ListAsync("other"), Is.Empty);
        Assert.That(await _keys.FindAsync("other", key.Id), Is.Null);
        var entry = (await new AuditLog(Control).ListAsync(new AuditFilter(Action: "api_key.add"), long.MaxValue, 10)).Single().Event;
        Assert.That((entry.Actor, entry.Target, entry.Store, entry.Address), Is.EqualTo(("user:7", $"key:{key.Id}", Store, "192.0.2.1")));
        Assert.That(entry.Details, Does.Not.Contain(text).And.Not.Contain("shop front"));
        if (Kind == DatabaseKind.Sqlite)
        {
            Assert.That(Directory.GetFiles(Scratch.Folder).Where(file => File.ReadAllBytes(file).AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(text)) >= 0), Is.Empty);
        }
    }

    [Test]
    public async Task Another_engine_notices_a_key_and_its_end()
    {
        var other = await OpenAsync();
        var stores = DirectoryOf(Store);
        await using var directory = new ApiKeyDirectory(other, stores);
        directory.Follow();
        await other.Changes.StartAsync();

        var (key, text) = await AddAsync(Server());
        await Eventually.Is(() => stores.FindKey(text) is not null, "the other engine has the key");
        await _keys.RevokeAsync(Store, key.Id, "cli", address: null);
        await Eventually.Is(() => stores.FindKey(text) is null, "the other engine refuses the key");
    }

    [Test]
    public async Task A_rotated_key_and_its_successor_are_both_valid_until_the_overlap_ends()
    {
        var (former, text) = await AddAsync(Server() with { Scopes = ["carts:read"], ExpiresAt = Time.GetUtcNow().AddDays(90) });
        Time.Advance(TimeSpan.FromDays(80));
        var (next, successor) = await _keys.RotateAsync(former, ApiKeyStore.Overlap, "cli", address: null);

        Assert.That((next.Settings.Scopes, next.Settings.ExpiresAt), Is.EqualTo((former.Settings.Scopes, Time.GetUtcNow().AddDays(90))), "its life begins anew");
        var kept = (await _keys.FindAsync(Store, former.Id))!;
        Assert.That((kept.ReplacedBy, kept.Settings.ExpiresAt), Is.EqualTo((next.Id, Time.GetUtcNow().AddHours(24))));
        Assert.That((_stores.FindKey(text)?.Id, _stores.FindKey(successor)?.Id), Is.EqualTo((former.Id, next.Id)));
        Assert.That(async () => await _keys.RotateAsync(former, ApiKeyStore.Overlap, "cli", address: null),
            Throws.TypeOf<ControlRefusalException>().With.Property("Code").EqualTo("key_ended"));

        var open = _stores.FindKey(text)!;
        Time.Advance(TimeSpan.FromHours(24));
        await Control.WriteAsync(session => session.MarkChangedAsync(ApiKeyStore.Topic));
        Assert.That((_stores.FindKey(text), _stores.FindKey(successor)?.Id, _stores.StateOf(open)), Is.EqualTo(((StoreKey?)null, next.Id, KeyState.Revoked)));
    }

    [Test]
    public async Task A_key_expires_and_its_clients_are_notified()
    {
        await using var real = await OpenAsync(time: TimeProvider.System);
        var stores = DirectoryOf(Store);
        var told = 0;
        await using var directory = new ApiKeyDirectory(real, stores) { OnChange = () => Volatile.Write(ref told, stores.IssuedKeys.Any() ? 1 : 2) };
        directory.Follow();
        await real.Changes.StartAsync();
        await new ApiKeyStore(real).AddAsync(Store, Server() with { ExpiresAt = TimeProvider.System.GetUtcNow().AddMilliseconds(300) }, "cli", address: null);
        await Eventually.Is(() => Volatile.Read(ref told) == 2, "the key has ended");
    }

    [Test]
    public async Task Uses_are_stored_in_batches()
    {
        var (used, text) = await AddAsync(Server());
        var (unused, _) = await AddAsync(Server());
        var former = _changes;
        Time.Advance(TimeSpan.FromHours(1));
        _stores.FindKey(text)!.Usage!.Mark();
        await _directory.WriteUsageAsync();
        var at = Time.GetUtcNow();
        Time.Advance(TimeSpan.FromHours(1));
        await _directory.WriteUsageAsync();

        Assert.That((await _keys.FindAsync(Store, used.Id))!.LastUsedAt, Is.EqualTo(at));
        Assert.That((await _keys.FindAsync(Store, unused.Id))!.LastUsedAt, Is.Null);
        Assert.That(_changes, Is.EqualTo(former), "no engine reads the keys again for that");
    }

    [Test]
    public async Task A_store_has_a_bounded_number_of_keys()
    {
        await Control.WriteAsync(async session =>
        {
            for (var i = 0; i < ApiKeyStore.MaxPerStore; i++)
            {
                await session.RunAsync($"""
                    INSERT INTO api_keys (id, store, name, kind, origins, loopback_only, hint, hash, created_at, created_by)
                    VALUES ({$"k{i}"}, {Store}, {"k"}, {"secret"}, {""}, {false}, {"sk_0000"}, {KeyHash.OfConfigured($"{i}").ToBytes()}, {Time.GetUtcNow()}, {"cli"})
                    """);
            }
        });

        Assert.That(async () => await AddAsync(Server()), Throws.TypeOf<ControlRefusalException>().With.Property("Code").EqualTo("too_many_keys"));
        Assert.That(await _keys.RevokeAsync(Store, "k0", "cli", address: null));
        await AddAsync(Server());
    }

    [Test]
    public async Task A_rotation_is_admitted_where_no_key_can_be_added()
    {
        for (var i = 0; i < ApiKeyStore.MaxPerStore - 1; i++)
        {
            await AddAsync(Server());
        }

        var (key, _) = await AddAsync(Server());
        await RefusedAsync("too_many_keys");
        var (next, _) = await _keys.RotateAsync(key, ApiKeyStore.Overlap, "cli", address: null);
        await RefusedAsync("too_many_keys");
        await _keys.RevokeAsync(Store, next.Id, "cli", address: null);
        await AddAsync(Server());

        async Task RefusedAsync(string code) =>
            Assert.That((await Assert.ThrowsAsync<ControlRefusalException>(async () => await AddAsync(Server())))?.Code, Is.EqualTo(code), "the replaced key does not count");
    }

    [Test]
    public async Task A_store_keeps_a_bounded_number_of_expired_keys()
    {
        var (key, _) = await AddAsync(Server());
        for (var i = 0; i < ApiKeyStore.MaxPerStore + 5; i++)
        {
            (key, _) = await _keys.RotateAsync(key, TimeSpan.Zero, "cli", address: null);
        }

        Assert.That(await _keys.ListAsync(Store), Has.Count.EqualTo(ApiKeyStore.MaxPerStore + 1));
    }

    [Test]
    public async Task Rotating_a_key_with_an_extreme_expiry_caps_its_lifetime()
    {
        var (former, _) = await AddAsync(Server() with { ExpiresAt = DateTimeOffset.MaxValue.AddDays(-1) });
        var (next, _) = await _keys.RotateAsync(former, ApiKeyStore.Overlap, "cli", address: null);
        Assert.That(next.Settings.ExpiresAt, Is.EqualTo(Time.GetUtcNow() + ApiKeySettings.MaxLife));
    }

    [Test]
    public async Task Creating_or_rotating_a_key_is_checked_against_the_database()
    {
        var users = new UserStore(Control);
        var (invited, token) = await users.InviteAsync("ada@shop.example", [new Grant("admin", Store)], "cli");
        await users.AcceptAsync(token, "hash", address: null);
        var ada = new SignedInUser((await users.FindByIdAsync(invited.Id))!, "session", Role.BuiltIn);
        var (key, _) = await _keys.AddAsync(Store, Server(), ada.Actor, address: null, ada);
        Assert.That(async () => await _keys.AddAsync("other", Server(), ada.Actor, address: null, ada), Throws.TypeOf<ControlRefusalException>().With.Property("Code").EqualTo("permission_not_held"));

        await users.SetGrantsAsync(invited.Id, [new Grant("viewer", Store)], "cli");
        foreach (var change in new Func<Task>[]
        {
            () => _keys.AddAsync(Store, Server() with { Scopes = ["campaigns:read", "personal_data:read"] }, ada.Actor, address: null, ada),
            () => _keys.RotateAsync(key, ApiKeyStore.Overlap, ada.Actor, address: null, ada),
        })
        {
            Assert.That(async () => await change(), Throws.TypeOf<ControlRefusalException>().With.Property("Code").EqualTo("permission_not_held"), "the cache still has the former role");
        }

        await _keys.AddAsync(Store, Server() with { Scopes = ["campaigns:read"] }, ada.Actor, address: null, ada);
    }

    [Test]
    public async Task Long_expired_keys_are_deleted()
    {
        var (key, _) = await AddAsync(Server() with { ExpiresAt = Time.GetUtcNow().AddDays(1) });
        Time.Advance(TimeSpan.FromDays(30));
        await _keys.CleanAsync();
        Assert.That(await _keys.FindAsync(Store, key.Id), Is.Not.Null);
        Time.Advance(TimeSpan.FromDays(2));
        await _keys.CleanAsync();
        Assert.That(await _keys.FindAsync(Store, key.Id), Is.Null);
    }

    [Test]
    public async Task A_key_follows_its_store_through_reloads()
    {
        var (_, text) = await AddAsync(Server());
        var open = _stores.FindKey(text)!;
        _stores.Update(DirectoryOf(Store).MergeInto(_stores));
        Assert.That(_stores.FindKey(text), Is.SameAs(open), "nothing changed");
        open.Usage!.Mark();
        _stores.Update(DirectoryOf(Store, currency: "EUR").MergeInto(_stores));
        Assert.That((_stores.StateOf(open), _stores.FindKey(text)!.Store.Currency), Is.EqualTo((KeyState.Changed, "EUR")));
        Assert.That(_stores.FindKey(text)!.Usage!.Take(), Is.True, "its use is not forgotten");
        _stores.Update(DirectoryOf("other").MergeInto(_stores));
        Assert.That((_stores.FindKey(text), _stores.StateOf(open)), Is.EqualTo(((StoreKey?)null, KeyState.Revoked)));
        _stores.Update(DirectoryOf(Store).MergeInto(_stores));
        Assert.That(_stores.FindKey(text), Is.Not.Null, "the store is configured again");
    }

    static ApiKeySettings Server() => new("server", KeyKind.Secret, null, []);

    Task<(ApiKey Key, string Text)> AddAsync(ApiKeySettings settings) => _keys.AddAsync(Store, settings, "cli", address: null);

    static StoreDirectory DirectoryOf(string store, string currency = "USD") =>
        StoreCompiler.Compile([new StoreConfig { Id = store, Currency = currency, Keys = [InProcessEngine.Key("sk_file", KeyKind.Secret)] }]);
}
