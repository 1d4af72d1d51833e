using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Tests.ControlPlane.Database;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.ControlPlane.Users;

/// <summary>Roles of one's own, and what keeps an administrator.</summary>
public sealed class RoleStoreTests(DatabaseKind kind) : ControlDatabaseFixture(kind)
{
    RoleStore _roles = null!;
    UserStore _users = null!;

    [SetUp]
    public void SetUp() => (_roles, _users) = (new RoleStore(Control), new UserStore(Control));

    [Test]
    public async Task A_role_is_made_changed_and_deleted()
    {
        Assert.That(await _roles.SetAsync(Of("buyer", "products:read"), isNew: true, "user:1", "192.0.2.1"));
        Assert.That(await RefusedAsync(() => _roles.SetAsync(Of("buyer", "carts:read"), isNew: true, "cli", address: null)), Is.EqualTo("role_exists"));
        Assert.That(await _roles.SetAsync(Of("buyer", "products:read", "products:write"), isNew: false, "cli", address: null));
        Assert.That(await _roles.SetAsync(Of("nobody", "carts:read"), isNew: false, "cli", address: null), Is.False);
        var all = await _roles.ListAsync();
        Assert.That(all.Keys, Is.EqualTo(new[] { "admin", "operator", "marketer", "analyst", "viewer", "buyer" }));
        Assert.That(all["buyer"].Permissions, Is.EquivalentTo(new[] { "products:read", "products:write" }));
        Assert.That(await _roles.DeleteAsync("buyer", "cli", address: null));
        Assert.That(await _roles.DeleteAsync("buyer", "cli", address: null), Is.False);
        var entries = await new AuditLog(Control).ListAsync(new AuditFilter(Action: "role."), long.MaxValue, 10);
        Assert.That(entries.Select(entry => (entry.Event.Action, entry.Event.Target, entry.Event.Actor)),
            Is.EqualTo(new[] { ("role.delete", "role:buyer", "cli"), ("role.change", "role:buyer", "cli"), ("role.add", "role:buyer", "user:1") }));
    }

    [Test]
    public async Task A_role_in_use_is_not_deleted()
    {
        await _roles.SetAsync(Of("buyer", "products:read"), isNew: true, "cli", address: null);
        var (user, _) = await _users.InviteAsync("ada@shop.example", [new Grant("buyer", "shop")], "cli");
        Assert.That(await RefusedAsync(() => _roles.DeleteAsync("buyer", "cli", address: null)), Is.EqualTo("role_in_use"));
        await _users.SetGrantsAsync(user.Id, [], "cli");
        Assert.That(await _roles.DeleteAsync("buyer", "cli", address: null));
        Assert.That(await RefusedAsync(() => _users.SetGrantsAsync(user.Id, [new Grant("buyer", null)], "cli")), Is.EqualTo("role_unknown"));
        Assert.That(await RefusedAsync(() => _users.InviteAsync("ben@shop.example", [new Grant("buyer", null)], "cli")), Is.EqualTo("role_unknown"));
        Assert.That(await _users.FindAsync("ben@shop.example"), Is.Null);
    }

    [Test]
    public async Task The_number_of_roles_is_bounded()
    {
        for (var i = 0; i < RoleStore.MaxRoles; i++)
        {
            await _roles.SetAsync(Of($"r{i}", "carts:read"), isNew: true, "cli", address: null);
        }

        Assert.That(await RefusedAsync(() => _roles.SetAsync(Of("more", "carts:read"), isNew: true, "cli", address: null)), Is.EqualTo("too_many_roles"));
    }

    [TestCase("buyer", "carts:read", null)]
    [TestCase("a-b_2", "carts:read", null)]
    [TestCase("", "carts:read", "name")]
    [TestCase("Buyer", "carts:read", "name")]
    [TestCase("2b", "carts:read", "name")]
    [TestCase("a@b", "carts:read", "name")]
    [TestCase("abcdefghijklmnopqrstuvwxyzabcdefg", "carts:read", "name")]
    [TestCase("buyer", "carts:eat", "permissions")]
    public void A_problem_names_its_field(string name, string permission, string? field) =>
        Assert.That(Role.ProblemOf(name, [permission])?.Split(':')[0], Is.EqualTo(field));

    [Test]
    public void A_null_does_not_hide_an_unknown_permission() =>
        Assert.That(Role.ProblemOf("buyer", [null!, "users:write"]), Does.StartWith("permissions: "));

    [Test]
    public async Task A_grant_is_checked_against_the_database_and_not_the_cache()
    {
        await _roles.SetAsync(Of("hr", "users:write", "roles:write"), isNew: true, "cli", address: null);
        var (ada, eve) = (await UserAsync("ada@shop.example", "admin"), await UserAsync("eve@shop.example", "hr"));
        var stale = new SignedInUser(eve, "session", (await _roles.ListAsync()).ToDictionary(role => role.Key, role => role.Value));
        await _roles.SetAsync(Of("superops", "carts:read", "personal_data:read"), isNew: true, "cli", address: null);
        Assert.That(stale.FindMissing(new Grant("superops", null)), Is.EqualTo(new[] { "superops" }), "nobody holds what is unknown");
        Grant[] superops = [new Grant("superops", null)];
        foreach (var change in new Func<Task>[]
        {
            () => _users.InviteAsync("ben@shop.example", superops, stale.Actor, by: stale),
            () => _users.ChangeAsync(eve.Id, new UserChange(superops), stale.Actor, by: stale),
            () => _users.ChangeAsync(ada.Id, new UserChange(RemovesTotp: true), stale.Actor, by: stale),
            () => _users.ResetAsync(ada.Email, stale.Actor, by: stale),
            () => _users.DeleteAsync(ada.Id, stale.Actor, address: null, stale),
            () => _roles.SetAsync(Of("hr", "users:write", "carts:read"), isNew: false, stale.Actor, address: null, stale),
            () => _roles.SetAsync(Of("superops", "users:write"), isNew: false, stale.Actor, address: null, stale),
        })
        {
            Assert.That(await RefusedAsync(change), Is.EqualTo("permission_not_held"));
        }

        Assert.That(await _users.FindAsync("ben@shop.example"), Is.Null, "nothing changed");
        Assert.That((await _users.FindByIdAsync(eve.Id))!.Grants, Is.EqualTo(new[] { new Grant("hr", null) }));
        Assert.That((await _roles.ListAsync())["superops"].Permissions, Does.Contain("personal_data:read"), "nobody takes from others what they do not have");
        Assert.That(await _roles.SetAsync(Of("hr", "users:write"), isNew: false, stale.Actor, address: null, stale));

        // The cache has the former roles of who gives, too.
        await _users.SetGrantsAsync(eve.Id, [], "cli");
        Assert.That(await RefusedAsync(() => _users.InviteAsync("ben@shop.example", [new Grant("hr", null)], stale.Actor, by: stale)), Is.EqualTo("permission_not_held"));
        var other = new SignedInUser(eve with { Grants = [new Grant("admin", null)] }, Session: "", Role.BuiltIn) { Actor = "jwt:1" };
        await _users.InviteAsync("ben@shop.example", superops, other.Actor, by: other);
    }

    [Test]
    public async Task A_link_ends_when_its_users_permissions_change()
    {
        await _roles.SetAsync(Of("buyer", "products:read"), isNew: true, "cli", address: null);
        await UserAsync("ada@shop.example", "admin");
        var (ben, first) = await _users.InviteAsync("ben@shop.example", [new Grant("buyer", null)], "cli");
        await _users.SetGrantsAsync(ben.Id, [new Grant("buyer", null)], "cli");
        await _roles.SetAsync(Of("buyer", "products:read"), isNew: false, "cli", address: null);
        await _users.DisableAsync(ben.Id, disable: false, "cli");
        Assert.That((await _users.OwnerOfAsync(first))?.Id, Is.EqualTo(ben.Id), "nothing has changed");
        foreach (var change in new Func<Task>[]
        {
            () => _users.SetGrantsAsync(ben.Id, [new Grant("admin", null)], "cli"),
            () => _users.DisableAsync(ben.Id, disable: true, "cli"),
            () => _users.SetGrantsAsync(ben.Id, [new Grant("buyer", null)], "cli"),
            () => _roles.SetAsync(Of("buyer", "products:read", "personal_data:read"), isNew: false, "cli", address: null),
        })
        {
            await _users.DisableAsync(ben.Id, disable: false, "cli");
            var link = (await _users.ResetAsync(ben.Email, "cli"))!;
            await change();
            await _users.DisableAsync(ben.Id, disable: false, "cli");
            Assert.That(await _users.OwnerOfAsync(link), Is.Null);
        }
    }

    [Test]
    public async Task A_change_of_a_user_is_atomic()
    {
        var ada = await UserAsync("ada@shop.example", "admin");
        var entries = await EntriesAsync();
        Assert.That(await RefusedAsync(() => _users.ChangeAsync(ada.Id, new UserChange([new Grant("admin", null), new Grant("viewer", null)], IsDisabled: true), "cli")), Is.EqualTo("last_admin"));
        Assert.That((await _users.FindByIdAsync(ada.Id))!.Grants, Is.EqualTo(new[] { new Grant("admin", null) }));
        Assert.That(await _users.ChangeAsync(ada.Id, new UserChange([new Grant("admin", null)], IsDisabled: false, RemovesTotp: true), "cli"));
        Assert.That(await EntriesAsync(), Is.EqualTo(entries), "what is so already is not changed");
        Assert.That(await _users.ChangeAsync("nobody", new UserChange(), "cli"), Is.False);
    }

    [Test]
    public async Task The_number_of_users_is_bounded()
    {
        await Control.WriteAsync(session => session.RunAsync($"""
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {UserStore.MaxUsers})
            INSERT INTO users (id, email_hash, email, state, created_at)
            SELECT CAST(i AS TEXT), CAST(CAST(i AS TEXT) AS BYTEA), CAST(CAST(i AS TEXT) AS BYTEA), {"invited"}, 0 FROM n
            """));
        Assert.That(await RefusedAsync(() => _users.InviteAsync("ada@shop.example", [], "cli")), Is.EqualTo("too_many_members"));
    }

    [Test]
    public async Task The_last_active_administrator_is_kept()
    {
        var ada = await AdminAsync("ada@shop.example");
        var (invited, _) = await _users.InviteAsync("ben@shop.example", [new Grant("admin", null)], "cli");
        await _users.InviteAsync("eve@shop.example", [new Grant("admin", "shop")], "cli");
        foreach (var change in new Func<Task>[]
        {
            () => _users.DisableAsync(ada.Id, disable: true, "cli"),
            () => _users.SetGrantsAsync(ada.Id, [new Grant("admin", "shop"), new Grant("operator", null)], "cli"),
            () => _users.DeleteAsync(ada.Id, "cli", address: null),
        })
        {
            Assert.That(await RefusedAsync(change), Is.EqualTo("last_admin"));
        }

        Assert.That((await _users.FindByIdAsync(ada.Id))!.Grants, Is.EqualTo(new[] { new Grant("admin", null) }), "nothing changed");
        Assert.That(await _users.DeleteAsync(invited.Id, "cli", address: null), "others may go");
        var zoe = await AdminAsync("zoe@shop.example");
        Assert.That(await _users.DisableAsync(ada.Id, disable: true, "cli"));
        Assert.That(await RefusedAsync(() => _users.DeleteAsync(zoe.Id, "cli", address: null)), Is.EqualTo("last_admin"));
        Assert.That(await _users.DeleteAsync(ada.Id, "cli", address: null));
        Assert.That(await _users.FindAsync("ada@shop.example"), Is.Null);
    }

    [Test]
    public async Task A_request_for_a_new_password_keeps_other_links_valid()
    {
        var ada = await AdminAsync("ada@shop.example");
        var given = (await _users.ResetAsync(ada.Email, "cli"))!;
        var asked = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            Time.Advance(TimeSpan.FromMinutes(1));
            asked.Add((await _users.RequestResetAsync(ada.Email, "192.0.2.1"))!);
        }

        Assert.That((await _users.OwnerOfAsync(given))?.Id, Is.EqualTo(ada.Id));
        Assert.That((await _users.AcceptAsync(asked[1], "hash", address: null))?.Id, Is.EqualTo(ada.Id));
        foreach (var token in asked.Prepend(given))
        {
            Assert.That(await _users.OwnerOfAsync(token), Is.Null, "one was used, so that all have ended");
        }

        var late = (await _users.RequestResetAsync(ada.Email, address: null))!;
        Time.Advance(UserStore.ResetAge);
        Assert.That(await _users.OwnerOfAsync(late), Is.Null);
        Assert.That(await _users.RequestResetAsync("nobody@shop.example", address: null), Is.Null);
        await _users.InviteAsync("ben@shop.example", [], "cli");
        Assert.That(await _users.RequestResetAsync("ben@shop.example", address: null), Is.Null, "an invitation is given by who invites");
    }

    [Test]
    public async Task A_member_gets_a_link_a_minute_and_five_an_hour_and_none_is_pushed_out()
    {
        var ada = await AdminAsync("ada@shop.example");
        var links = new List<string>();
        for (var i = 0; i < 20; i++)
        {
            if (await _users.RequestResetAsync(ada.Email, $"192.0.2.{i}") is { } link)
            {
                links.Add(link);
            }

            Time.Advance(TimeSpan.FromSeconds(30));
        }

        Assert.That(links, Has.Count.EqualTo(UserStore.MaxLinks));
        Assert.That((await _users.OwnerOfAsync(links[0]))?.Id, Is.EqualTo(ada.Id), "the first one stays");
        Time.Advance(UserStore.ResetAge);
        Assert.That(await _users.RequestResetAsync(ada.Email, address: null), Is.Not.Null);
        var entries = await new AuditLog(Control).ListAsync(new AuditFilter(Action: "user.reset_requested"), long.MaxValue, 100);
        Assert.That(entries, Has.Count.EqualTo(UserStore.MaxLinks + 1));
    }

    [Test]
    public async Task A_request_for_an_unknown_address_takes_no_write_lock()
    {
        var (hold, held) = (new TaskCompletionSource(), new TaskCompletionSource());
        var writer = Control.WriteAsync(async _ =>
        {
            held.SetResult();
            await hold.Task;
        });
        await held.Task;
        Assert.That(await _users.RequestResetAsync("nobody@shop.example", address: null).WaitAsync(Eventually.Deadline), Is.Null);
        hold.SetResult();
        await writer;
    }

    async Task<long> EntriesAsync() => (await new AuditLog(Control).ListAsync(new AuditFilter(), long.MaxValue, 1))[0].Number;

    Task<User> AdminAsync(string email) => UserAsync(email, "admin");

    async Task<User> UserAsync(string email, string role)
    {
        var (_, token) = await _users.InviteAsync(email, [new Grant(role, null)], "cli");
        return (await _users.AcceptAsync(token, "hash", address: null))!;
    }

    static Role Of(string name, params string[] permissions) => new(name, permissions.ToHashSet(StringComparer.Ordinal));

    static async Task<string?> RefusedAsync(Func<Task> change) => (await Assert.ThrowsAsync<ControlRefusalException>(async () => await change()))?.Code;
}
