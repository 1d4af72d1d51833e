using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace CartRecovery.Tests.Storefront;

/// <summary>A shopper's browser and its reported errors.</summary>
sealed class Shopper : IAsyncDisposable
{
    // Where screenshots are written; none are taken without it.
    static readonly string? s_pictures = Environment.GetEnvironmentVariable("CARTRECOVERY_SCREENSHOTS");

    readonly ConcurrentQueue<string> _violations = new();
    readonly ConcurrentQueue<string> _errors = new();
    readonly ConcurrentQueue<string> _requests = new();
    readonly ConcurrentQueue<string> _said = new();

    public Shopper(IBrowserContext context)
    {
        Context = context;
        context.Request += (_, request) => _requests.Enqueue(request.Url);
        context.WebError += (_, error) => _errors.Enqueue(error.Error);
        context.Console += (_, message) =>
        {
            if (message.Text.StartsWith("CartRecovery: ", StringComparison.Ordinal))
            {
                _said.Enqueue(message.Text);
            }

            if (message.Text.Contains("Content Security Policy", StringComparison.OrdinalIgnoreCase)
                || message.Text.Contains("requires 'Trusted", StringComparison.Ordinal))
            {
                _violations.Enqueue(message.Text);
            }
        };
    }

    public IBrowserContext Context { get; }

    /// <summary>Violations of the pages' content security policy.</summary>
    public IReadOnlyCollection<string> Violations => _violations;

    /// <summary>Uncaught exceptions.</summary>
    public IReadOnlyCollection<string> Errors => _errors;

    /// <summary>Every URL requested.</summary>
    public IReadOnlyCollection<string> Requests => _requests;

    /// <summary>What the client said in the console.</summary>
    public IReadOnlyCollection<string> Said => _said;

    /// <summary>Opens a tab.</summary>
    public async Task<IPage> OpenAsync(Uri address)
    {
        var page = await Context.NewPageAsync();
        await page.GotoAsync(address.AbsoluteUri);
        return page;
    }

    /// <summary>Takes a screenshot if enabled.</summary>
    public static async Task DrawAsync(IPage page, string name)
    {
        if (s_pictures is { Length: > 0 } folder)
        {
            await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}.png"), Animations = ScreenshotAnimations.Disabled });
        }
    }

    public ValueTask DisposeAsync() => Context.DisposeAsync();
}
