using System.Text;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Auth;

/// <summary>The page that links to set a password open. The token is in the fragment, which browsers do not send.</summary>
static class PasswordPage
{
    internal const string Style = "body{font:1.1rem system-ui;max-width:30rem;margin:15vh auto;padding:0 1rem}input,button{font:inherit;padding:.6rem;width:100%;box-sizing:border-box;margin:.4rem 0}";

    internal const string Script = """
        const form = document.querySelector("form"), said = document.querySelector("output");
        form.addEventListener("submit", async event => {
          event.preventDefault();
          const answer = await fetch(location.pathname, { method: "POST", headers: { "Content-Type": "application/json" },
            body: JSON.stringify({ token: location.hash.slice(1), password: form.elements.password.value }) });
          said.textContent = answer.ok ? "Your password is set. You can sign in." : (await answer.json()).detail;
          if (answer.ok) { form.remove(); history.replaceState(null, "", location.pathname); }
        });
        """;

    static readonly string s_policy = $"default-src 'none'; style-src '{SecurityHeaders.HashOf(Style)}'; script-src '{SecurityHeaders.HashOf(Script)}'; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    static readonly byte[] s_page = Encoding.UTF8.GetBytes($"""
        <!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">
        <title>Choose a password</title><style>{Style}</style><main><h1>Choose a password</h1><form>
        <label>New password, at least 12 characters<input name="password" type="password" autocomplete="new-password" minlength="12" required autofocus></label>
        <button>Set password</button></form><p><output></output></p></main><script>{Script}</script></html>
        """);

    /// <summary>Responds with the page.</summary>
    public static IResult Result { get; } = new Page();

    sealed class Page : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.Headers.ContentSecurityPolicy = s_policy;
            return ResponseWriter.BytesAsync(httpContext, StatusCodes.Status200OK, "text/html; charset=utf-8", s_page);
        }
    }
}
