using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Tokens;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Tests.ControlPlane.Database;

namespace CartRecovery.Tests.ControlPlane.Users;

sealed class AccessDirectoryTests(DatabaseKind kind) : ControlDatabaseFixture(kind)
{
    [Test]
    public async Task The_token_of_an_account_that_another_process_has_just_made_is_accepted_at_once()
    {
        var directory = new AccessDirectory(Control);
        directory.Follow();
        await Control.Changes.RefreshAsync();
        await new SigningKeys(Control).RotateAsync();
        var other = new UserStore(await OpenAsync());
        var (user, link) = await other.InviteAsync("jo@shop.example", [new Grant("viewer", null)], AuditEvent.Engine);
        await other.AcceptAsync(link, "hash", address: null);

        var token = await directory.IssueAsync(await Control.WriteAsync(session => new Sessions(Control).BeginAsync(session, user.Id)));

        Assert.That(directory.Find(token)?.User.Id, Is.EqualTo(user.Id));
    }
}
