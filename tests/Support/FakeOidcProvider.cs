using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Tests.Support;

/// <summary>An identity provider that answers what a test says. Nobody signs in at it: a test goes straight to the callback.</summary>
sealed class FakeOidcProvider : IAsyncDisposable
{
    readonly WebApplication _app;

    FakeOidcProvider(WebApplication app) => _app = app;

    public TokenIssuer Tokens { get; } = new();

    public string Issuer => _app.Urls.First();

    /// <summary>More of the discovery document: <c>,"name":true</c>.</summary>
    public string Metadata { get; set; } = "";

    /// <summary>The ID token for each code; a code is good once.</summary>
    public Dictionary<string, string> Codes { get; } = new(StringComparer.Ordinal);

    /// <summary>The challenge that each code's verifier must match.</summary>
    public string Challenge { get; set; } = "";

    /// <summary>The status of the answers; anything but 200 is a failure.</summary>
    public int Status { get; set; } = 200;

    /// <summary>The user information by access token; without an entry there is none.</summary>
    public Dictionary<string, string> UserInfo { get; } = new(StringComparer.Ordinal);

    /// <summary>Signs everybody in who is sent to the provider, and returns where the browser goes next; null for none.</summary>
    public Func<HttpRequest, Uri>? Authorize { get; set; }

    /// <summary>Delays the discovery document until it is completed.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>The number of times that the discovery document was fetched.</summary>
    public int Discoveries { get; private set; }

    /// <summary>The number of times that the keys were fetched.</summary>
    public int KeyFetches { get; private set; }

    public static async Task<FakeOidcProvider> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var provider = new FakeOidcProvider(builder.Build());
        provider._app.Run(provider.AnswerAsync);
        await provider._app.StartAsync();
        return provider;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Tokens.Dispose();
    }

    async Task AnswerAsync(HttpContext context)
    {
        context.Response.StatusCode = Status;
        context.Response.ContentType = "application/json";
        switch (context.Request.Path.Value)
        {
            case "/.well-known/openid-configuration":
                Discoveries++;
                await Gate;
                await context.Response.WriteAsync($$"""
                    {"issuer":"{{Issuer}}","authorization_endpoint":"{{Issuer}}/authorize","token_endpoint":"{{Issuer}}/token","jwks_uri":"{{Issuer}}/keys","userinfo_endpoint":"{{Issuer}}/userinfo",
                     "end_session_endpoint":"{{Issuer}}/logout"{{Metadata}}}
                    """);
                break;
            case "/authorize" when Authorize is { } authorize:
                context.Response.Redirect(authorize(context.Request).AbsoluteUri);
                break;
            case "/keys":
                KeyFetches++;
                await context.Response.WriteAsync(Tokens.KeySet);
                break;
            case "/userinfo" when UserInfo.TryGetValue(context.Request.Headers.Authorization.ToString(), out var information):
                await context.Response.WriteAsync(information);
                break;
            case "/token":
                var form = await context.Request.ReadFormAsync();
                var isProven = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString()))) == Challenge
                    && context.Request.Headers.Authorization == "Basic " + Convert.ToBase64String("client:s%26cret"u8);
                if (isProven && Codes.Remove(form["code"].ToString(), out var token))
                {
                    await context.Response.WriteAsync($$"""{"access_token":"at","token_type":"Bearer","id_token":"{{token}}"}""");
                }
                else
                {
                    context.Response.StatusCode = 400;
                    await context.Response.WriteAsync("""{"error":"invalid_grant"}""");
                }

                break;
            default:
                context.Response.StatusCode = 404;
                break;
        }
    }
}
