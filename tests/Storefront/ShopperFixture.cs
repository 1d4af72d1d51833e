using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Storefront;

/// <summary>A browser and a shop's pages for all tests, and a folder and a shopper for each.</summary>
[TestFixture]
[Category("EndToEnd")]
public abstract class ShopperFixture
{
    private protected Chromium Chromium { get; private set; } = null!;

    private protected ShopServer Server { get; private set; } = null!;

    private protected Scratch Scratch { get; private set; } = null!;

    private protected Shopper Shopper { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        Chromium = await Chromium.StartAsync();
        Server = await ShopServer.StartAsync();
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (Chromium is not null)
        {
            await Chromium.DisposeAsync();
        }

        if (Server is not null)
        {
            await Server.DisposeAsync();
        }
    }

    [SetUp]
    public async Task OpenAsync()
    {
        Scratch = new Scratch();
        Shopper = await Chromium.OpenAsync();
    }

    [TearDown]
    public async Task CloseAsync()
    {
        await Shopper.DisposeAsync();
        Scratch.Dispose();
    }
}
