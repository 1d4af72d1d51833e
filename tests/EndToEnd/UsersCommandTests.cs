using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary><c>users</c>, and the first administrator.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
public sealed partial class UsersCommandTests
{
    const string Ada = "ada@team.example", First = "correct horse battery", Second = "another horse battery";

    [Test]
    public async Task A_user_is_added_reset_and_disabled_beside_a_running_engine()
    {
        using var scratch = new Scratch();
        await using var engine = await RunningEngine.StartAsync(scratch, new EngineConfig());
        using var http = new HttpClient { BaseAddress = engine.Http.BaseAddress, Timeout = EngineBinary.Deadline };
        var added = await EngineBinary.RunAsync(scratch.Folder, ["users", "add", Ada, "--role", "viewer@shop"]);
        Assert.That(added.ExitCode, Is.Zero, added.ToString);
        Assert.That((await EngineBinary.RunAsync(scratch.Folder, ["users", "list"])).Output, Does.Match($@"(?m)^\w+  {Ada} +  invited   -     viewer@shop$"));

        using (var chosen = await PostAsync(http, "/v1/auth/password", new { token = Token().Match(added.Output).Groups["token"].Value, password = First }))
        {
            Assert.That(chosen.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        }

        var access = await SignInAsync(http, First);
        var secret = Totp.NewSecret();
        using (var confirmed = await PostAsync(http, "/v1/auth/totp/confirm",
            new { secret = Totp.Base32(secret), code = Totp.CodeOf(secret, Totp.StepOf(TimeProvider.System.GetUtcNow())) }, access))
        {
            Assert.That(confirmed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }

        Assert.That((await EngineBinary.RunAsync(scratch.Folder, ["users", "list"])).Output, Does.Match($@"(?m)^\w+  {Ada} +  active    totp  viewer@shop$"));

        // Neither the former password nor the lost app is needed afterwards, and the former session has ended.
        var reset = await new EngineOutput(EngineBinary.StartThrough(["sh", "-c", $"printf '%s\\n' '{Second}' | \"$0\" \"$@\""], scratch.Folder,
            ["users", "reset", Ada, "--totp", "--password"])).EndAsync();
        Assert.That((reset.ExitCode, reset.Output), Is.EqualTo((0, $"{Ada} can sign in\n")), reset.ToString);
        Assert.That(await SignInAsync(http, First), Is.Null);
        await Eventually.Is(() => StatusOf(http, access) == HttpStatusCode.Unauthorized, "the session has ended");
        var next = await SignInAsync(http, Second);
        Assert.That(StatusOf(http, next), Is.EqualTo(HttpStatusCode.OK));

        Assert.That((await EngineBinary.RunAsync(scratch.Folder, ["users", "roles", Ada, "--role", "analyst"])).ExitCode, Is.Zero);
        Assert.That((await EngineBinary.RunAsync(scratch.Folder, ["users", "list"])).Output, Does.Match($@"(?m)  {Ada} +  active    -     analyst$"));
        Assert.That((await EngineBinary.RunAsync(scratch.Folder, ["users", "disable", Ada])).ExitCode, Is.Zero);
        await Eventually.Is(() => StatusOf(http, next) == HttpStatusCode.Unauthorized, "a disabled user's token is rejected");
        Assert.That(await SignInAsync(http, Second), Is.Null);
    }

    [Test]
    public async Task The_first_administrator_is_made_on_the_machine()
    {
        using var scratch = new Scratch();
        var made = await EngineBinary.RunAsync(scratch.Folder, ["init", "--admin", Ada]);
        Assert.That(made.ExitCode, Is.Zero, made.ToString);
        Assert.That((await EngineBinary.RunAsync(scratch.Folder, ["users", "list"])).Output, Does.Match($@"(?m)  {Ada} +  invited   -     admin$"));
        Assert.That(Token().IsMatch(made.Output), made.ToString);

        using var empty = new Scratch();
        await using var engine = await RunningEngine.StartAsync(empty, new EngineConfig());
        using var http = new HttpClient { BaseAddress = engine.Http.BaseAddress, Timeout = EngineBinary.Deadline };
        using var invited = await PostAsync(http, "/v1/members", new { email = "mallory@evil.example", roles = new[] { new { role = "admin" } } });
        Assert.That(invited.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized), "nobody is an administrator yet, and whoever comes first does not become one");
        Assert.That((await EngineBinary.RunAsync(empty.Folder, ["users", "list"])).Output, Is.Empty);
    }

    [TestCase(2, "expected an e-mail address, got 'ada'", "add", "ada", "--role", "admin")]
    [TestCase(2, "--role: expected a role", "add", Ada)]
    [TestCase(2, "unknown action 'delete'; expected add, list, reset, roles, disable or enable", "delete", Ada)]
    [TestCase(1, $"there is no user {Ada}, or the user is disabled", "reset", Ada)]
    [TestCase(2, "--role: expected admin, operator, marketer, analyst, viewer, got 'king'", "add", Ada, "--role", "king")]
    [TestCase(2, "--role: the configuration has no store 'elsewhere'", "add", Ada, "--role", "viewer@elsewhere")]
    public async Task What_cannot_be_done_is_refused(int exitCode, string problem, params string[] arguments)
    {
        using var scratch = new Scratch();
        new EngineConfig().WriteTo(scratch);
        var refused = await EngineBinary.RunAsync(scratch.Folder, ["users", .. arguments]);
        Assert.That((refused.ExitCode, refused.Errors.Trim()), Is.EqualTo((exitCode, $"error: {problem}")));
    }

    static HttpStatusCode StatusOf(HttpClient http, string? access)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/auth/me");
        request.Headers.Authorization = new("Bearer", access);
        using var answer = http.Send(request);
        return answer.StatusCode;
    }

    // Null if it was refused.
    static async Task<string?> SignInAsync(HttpClient http, string password)
    {
        using var answer = await PostAsync(http, "/v1/auth/login", new { email = Ada, password });
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return answer.IsSuccessStatusCode ? json.RootElement.GetProperty("accessToken").GetString() : null;
    }

    static async Task<HttpResponseMessage> PostAsync(HttpClient http, string path, object body, string? access = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json") };
        request.Headers.Authorization = access is null ? null : new("Bearer", access);
        return await http.SendAsync(request);
    }

    [GeneratedRegex("\"token\":\"(?<token>[^\"]+)\"")]
    private static partial Regex Token();
}
