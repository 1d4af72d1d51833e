using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Tests.Hosting.Api;

namespace CartRecovery.Tests.Support;

/// <summary>Users of an engine who are signed in.</summary>
sealed class TestUsers(InProcessEngine engine) : IDisposable
{
    public const string Password = "correct horse battery";

    readonly Passwords _passwords = new();
    int _count;

    public UserStore Store { get; } = new(engine.Host.Control);

    /// <summary>Adds a user with a password.</summary>
    public async Task<User> AddAsync(string email, params Grant[] grants)
    {
        var (_, token) = await Store.InviteAsync(email, grants, "cli");
        return (await Store.AcceptAsync(token, await _passwords.HashAsync(Password), address: null))!;
    }

    /// <summary>Signs a user in, and returns the request header.</summary>
    public async Task<(string Name, string Value)> SignInAsync(string email)
    {
        var login = await engine.PostAsync("/v1/auth/login", $$"""{"email":"{{email}}","password":"{{Password}}"}""", key: null);
        Assert.That(login.Status, Is.EqualTo(System.Net.HttpStatusCode.OK), login.Body);
        return ("Authorization", $"Bearer {login.Json.GetProperty("accessToken").GetString()}");
    }

    /// <summary>Adds a user and signs in.</summary>
    public async Task<(string Name, string Value)> NewAsync(params Grant[] grants)
    {
        var email = $"user{Interlocked.Increment(ref _count)}@team.example";
        await AddAsync(email, grants);
        return await SignInAsync(email);
    }

    public void Dispose() => _passwords.Dispose();
}
