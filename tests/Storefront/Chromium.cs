using CartRecovery.Tests.Support;
using Microsoft.Playwright;

namespace CartRecovery.Tests.Storefront;

/// <summary>The installed Chromium, headless. Playwright's own browsers are not downloaded.</summary>
sealed class Chromium : IAsyncDisposable
{
    public const string Variable = "CARTRECOVERY_CHROMIUM";

    // The names on Debian, then on Ubuntu, then Google's.
    static readonly string[] s_paths = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    readonly IPlaywright _playwright;
    readonly IBrowser _browser;

    Chromium(IPlaywright playwright, IBrowser browser)
    {
        _playwright = playwright;
        _browser = browser;
    }

    public static async Task<Chromium> StartAsync()
    {
        var path = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? named : s_paths.FirstOrDefault(File.Exists);
        if (path is null || !File.Exists(path))
        {
            Assert.Fail($"These tests need Chromium, which was not found at {path ?? string.Join(" or ", s_paths)}: apt-get install chromium, or name it in {Variable}.");
        }

        var playwright = await Playwright.CreateAsync();
        // Chromium has no sandbox for root. Maps the host name of a shop without TLS.
        var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = path, Args = ["--no-sandbox", $"--host-resolver-rules=MAP {ShopServer.Plain} 127.0.0.1"] });
        return new Chromium(playwright, browser);
    }

    /// <summary>A shopper's browser: its own storage, shared by its tabs.</summary>
    public async Task<Shopper> OpenAsync(bool mobile = false)
    {
        var context = await _browser.NewContextAsync(new()
        {
            ViewportSize = mobile ? new() { Width = 390, Height = 844 } : new() { Width = 1280, Height = 900 },
            DeviceScaleFactor = mobile ? 2 : 1,
            HasTouch = mobile,
            IsMobile = mobile,
            Locale = "en-US",
            // Disables animations, so that nothing is checked half transparent.
            ReducedMotion = ReducedMotion.Reduce,
        });
        context.SetDefaultTimeout((float)EngineBinary.Deadline.TotalMilliseconds);
        return new Shopper(context);
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}
