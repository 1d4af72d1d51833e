using CartRecovery.Tests.Storefront;
using CartRecovery.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace CartRecovery.Tests.Security;

/// <summary>The API viewer in a browser, under its content security policy.</summary>
[TestFixture]
[Category("EndToEnd")]
public sealed class ApiViewerTests
{
    [Test]
    public async Task It_works_without_inline_scripts_of_others_or_requests_to_others()
    {
        await using var engine = await InProcessEngine.StartAsync();
        await using var chromium = await Chromium.StartAsync();
        await using var browser = await chromium.OpenAsync();
        var page = await browser.OpenAsync(new Uri(engine.Http.BaseAddress!, "/docs/"));

        await Expect(page.GetByText("Send events").First).ToBeVisibleAsync();

        Assert.That(browser.Violations, Is.Empty);
        Assert.That(browser.Errors, Is.Empty);
        Assert.That(browser.Requests, Has.All.StartsWith(engine.Http.BaseAddress!.AbsoluteUri).Or.StartsWith("data:").Or.StartsWith("blob:"));
    }
}
