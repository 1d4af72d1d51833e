using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Tests.ControlPlane.Database;

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
    public async Task A_role_that_a_user_has_stays()
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
    public async Task There_is_a_bounded_number_of_roles()
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
    public async Task The_last_administrator_who_may_sign_in_stays()
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
    public async Task Who_asks_for_a_new_password_takes_no_other_link_away()
    {
        var ada = await AdminAsync("ada@shop.example");
        var given = (await _users.ResetAsync(ada.Email, "cli"))!;
        var asked = new List<string>();
        for (var i = 0; i < 3; i++)
        {
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

    async Task<User> AdminAsync(string email)
    {
        var (_, token) = await _users.InviteAsync(email, [new Grant("admin", null)], "cli");
        return (await _users.AcceptAsync(token, "hash", address: null))!;
    }

    static Role Of(string name, params string[] permissions) => new(name, permissions.ToHashSet(StringComparer.Ordinal));

    static async Task<string?> RefusedAsync(Func<Task> change) => (await Assert.ThrowsAsync<ControlRefusalException>(async () => await change()))?.Code;
}
