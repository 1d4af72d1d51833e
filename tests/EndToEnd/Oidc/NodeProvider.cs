using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd.Oidc;

/// <summary>npm's <c>oidc-provider</c>, a certified OpenID provider, run by node; and a browser that signs in at it.</summary>
sealed partial class NodeProvider : IDisposable
{
    const string Package = "oidc-provider@9.13.3";

    readonly Process _process;

    NodeProvider(Process process, string issuer) => (_process, Issuer) = (process, issuer);

    public string Issuer { get; }

    /// <summary>Installs it into a folder and starts it.</summary>
    /// <param name="scratch">The folder.</param>
    /// <param name="engine">The engine's address.</param>
    /// <param name="claims">Where the claims of scopes are: userinfo, as the specification says, or idtoken.</param>
    public static async Task<NodeProvider> StartAsync(Scratch scratch, Uri engine, string claims)
    {
        using var npm = Start("npm", ["install", "--prefix", scratch.Folder, "--no-audit", "--no-fund", "--silent", Package]);
        await npm.WaitForExitAsync().WaitAsync(Eventually.Deadline);
        Assert.That(npm.ExitCode, Is.Zero, () => npm.StandardError.ReadToEnd());
        var node = Start("node", [Path.Combine(Repository.Root, "tests/EndToEnd/Oidc/provider.mjs"), scratch.PathOf("node_modules"), engine.GetLeftPart(UriPartial.Authority), claims]);
        node.ErrorDataReceived += (_, _) => { };
        node.BeginErrorReadLine();
        var issuer = await node.StandardOutput.ReadLineAsync().WaitAsync(Eventually.Deadline);
        Assert.That(issuer, Does.StartWith("http://127.0.0.1:"));
        return new NodeProvider(node, issuer!);
    }

    /// <summary>Makes a browser, with cookies of the provider alone.</summary>
    public static HttpClient Browser() => new(new HttpClientHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() }) { Timeout = Eventually.Deadline };

    /// <summary>Signs in with the provider's forms.</summary>
    /// <param name="browser">The browser.</param>
    /// <param name="address">Where the engine sends it.</param>
    /// <param name="user">The account.</param>
    /// <returns>Where the provider sends it back to.</returns>
    public async Task<Uri> SignInAsync(HttpClient browser, Uri address, string user)
    {
        for (var step = 0; step < 12; step++)
        {
            using var answer = await browser.GetAsync(address);
            if (answer.StatusCode is HttpStatusCode.Found or HttpStatusCode.SeeOther)
            {
                address = new Uri(address, answer.Headers.Location!);
            }
            else
            {
                var page = await answer.Content.ReadAsStringAsync();
                Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK), page);
                address = await SubmitAsync(browser, address, page, new() { ["login"] = user, ["password"] = "any" });
            }

            if (!address.AbsoluteUri.StartsWith(Issuer, StringComparison.Ordinal))
            {
                return address;
            }
        }

        throw new InvalidOperationException($"The provider did not send the browser back: {address}");
    }

    /// <summary>Submits a page's form.</summary>
    /// <returns>Where the answer leads.</returns>
    public static async Task<Uri> SubmitAsync(HttpClient browser, Uri address, string page, Dictionary<string, string> fields)
    {
        foreach (Match hidden in Hidden().Matches(page))
        {
            fields[hidden.Groups["name"].Value] = hidden.Groups["value"].Value;
        }

        using var content = new FormUrlEncodedContent(fields);
        using var answer = await browser.PostAsync(new Uri(address, Action().Match(page).Groups["action"].Value), content);
        Assert.That(answer.Headers.Location, Is.Not.Null, () => answer.Content.ReadAsStringAsync().GetAwaiter().GetResult());
        return new Uri(address, answer.Headers.Location!);
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }

    static Process Start(string program, string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;

    [GeneratedRegex("<form[^>]* action=\"(?<action>[^\"]+)\"", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Action();

    [GeneratedRegex("<input type=\"hidden\" name=\"(?<name>[^\"]+)\" value=\"(?<value>[^\"]*)\"", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Hidden();
}
