using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Host.Api.Members;
using CartRecovery.Tests.ControlPlane.Database;
using CartRecovery.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace CartRecovery.Tests.Hosting.Members;

/// <summary>The worker that mails links to set passwords.</summary>
public sealed class PasswordResetsTests(DatabaseKind kind) : ControlDatabaseFixture(kind)
{
    [Test]
    public async Task A_request_that_fails_in_whatever_way_ends_no_other()
    {
        var users = new UserStore(Control);
        foreach (var email in new[] { "ada@shop.example", "ben@shop.example" })
        {
            var (_, token) = await users.InviteAsync(email, [], "cli");
            await users.AcceptAsync(token, "hash", address: null);
        }

        var ada = (await users.FindAsync("ada@shop.example"))!;
        await Control.WriteAsync(session => session.RunAsync($"UPDATE users SET email = {new byte[] { 1 }} WHERE id = {ada.Id}"));
        await using var resets = new PasswordResets(users, new MemberMail(null!, null!, null!, Time), Time, NullLogger<PasswordResets>.Instance);
        Assert.That(resets.Request("ada@shop.example", "192.0.2.1"), Is.EqualTo(TimeSpan.Zero));
        Assert.That(resets.Request("ben@shop.example", "192.0.2.1"), Is.EqualTo(TimeSpan.Zero));
        await Eventually.Is(() => CountLinks() == 1, "the second one has a link");
    }

    long? CountLinks() => Control.ReadAsync(session => session.NumberAsync($"SELECT COUNT(*) FROM user_links")).GetAwaiter().GetResult();
}
