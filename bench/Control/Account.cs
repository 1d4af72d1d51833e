using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CartRecovery.Bench.Load;

namespace CartRecovery.Bench.Control;

/// <summary>A user of a measured engine.</summary>
/// <param name="Email">The e-mail address.</param>
sealed record Account(string Email)
{
    const string Password = "correct horse battery";

    /// <summary>Makes a user.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="name">The name before the <c>@</c>.</param>
    /// <param name="role">The role in all stores.</param>
    /// <exception cref="LoadException">The command failed.</exception>
    public static async Task<Account> AddAsync(EngineProcess engine, string name, string role)
    {
        var email = $"{name}@shop.example";
        await engine.RunAsync($"users add {email} --role {role} --password", Password);
        return new Account(email);
    }

    /// <summary>Makes an administrator and signs in.</summary>
    /// <returns>A client that sends the access token.</returns>
    public static async Task<HttpClient> SignInAdminAsync(EngineProcess engine)
    {
        var http = new HttpClient { BaseAddress = BaseOf(engine) };
        var admin = await AddAsync(engine, "bench", "admin");
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await admin.SignInAsync(http));
        return http;
    }

    /// <summary>The API's address.</summary>
    public static Uri BaseOf(EngineProcess engine) => new($"http://127.0.0.1:{engine.HttpPort}");

    /// <summary>Signs in.</summary>
    /// <returns>The access token.</returns>
    /// <exception cref="HttpRequestException">The engine refused.</exception>
    public async Task<string> SignInAsync(HttpClient http)
    {
        using var body = new StringContent($$"""{"email":"{{Email}}","password":"{{Password}}"}""", Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(new Uri("/v1/auth/login", UriKind.Relative), body);
        answer.EnsureSuccessStatusCode();
        using var json = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
        return json.RootElement.GetProperty("accessToken").GetString()!;
    }
}
