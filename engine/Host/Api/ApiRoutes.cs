using CartRecovery.Host.Api.Analytics;
using CartRecovery.Host.Api.Audit;
using CartRecovery.Host.Api.Auth;
using CartRecovery.Host.Api.Auth.Oidc;
using CartRecovery.Host.Api.Campaigns;
using CartRecovery.Host.Api.Carts;
using CartRecovery.Host.Api.Codes;
using CartRecovery.Host.Api.Commerce;
using CartRecovery.Host.Api.Customers;
using CartRecovery.Host.Api.DeadLetters;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Events;
using CartRecovery.Host.Api.Experiments;
using CartRecovery.Host.Api.Exports;
using CartRecovery.Host.Api.Features;
using CartRecovery.Host.Api.Flags;
using CartRecovery.Host.Api.Health;
using CartRecovery.Host.Api.Inference;
using CartRecovery.Host.Api.Insights;
using CartRecovery.Host.Api.Interventions;
using CartRecovery.Host.Api.Jobs;
using CartRecovery.Host.Api.Keys;
using CartRecovery.Host.Api.Learning;
using CartRecovery.Host.Api.Members;
using CartRecovery.Host.Api.Models;
using CartRecovery.Host.Api.Predictions;
using CartRecovery.Host.Api.Privacy;
using CartRecovery.Host.Api.Products;
using CartRecovery.Host.Api.Reconciliation;
using CartRecovery.Host.Api.Roles;
using CartRecovery.Host.Api.Segments;
using CartRecovery.Host.Api.Serving;
using CartRecovery.Host.Api.Templates;
using CartRecovery.Host.Api.Settings;
using CartRecovery.Host.Api.Storefront;
using CartRecovery.Host.Api.Streams;
using CartRecovery.Host.Api.Suppressions;
using CartRecovery.Host.Api.Tap;
using CartRecovery.Host.Api.Tracking;
using CartRecovery.Host.Api.Usage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api;

/// <summary>Maps the HTTP API's routes, by group.</summary>
static class ApiRoutes
{
    public static void MapApi(this IEndpointRouteBuilder app)
    {
        var routes = app.MapGroup("");
        ((IEndpointConventionBuilder)routes).Finally(RouteDescription.AddHead);
        EventsRoutes.Map(routes);
        StreamsRoutes.Map(routes);
        FeaturesRoutes.Map(routes);
        PredictionsRoutes.Map(routes);
        ModelRoutes.Map(routes);
        ModelLoadRoutes.Map(routes);
        InferenceRoutes.Map(routes);
        ServingRoutes.Map(routes);
        CartsRoutes.Map(routes);
        CustomersRoutes.Map(routes);
        UserRoutes.Map(routes);
        InterventionsRoutes.Map(routes);
        CampaignsRoutes.Map(routes);
        AnalyticsRoutes.Map(routes);
        InsightRoutes.Map(routes);
        LearningRoutes.Map(routes);
        ProductsRoutes.Map(routes);
        SuppressionsRoutes.Map(routes);
        CodesRoutes.Map(routes);
        SegmentRoutes.Map(routes);
        TemplateRoutes.Map(routes);
        FlagRoutes.Map(routes);
        OfrepRoutes.Map(routes);
        ExperimentRoutes.Map(routes);
        DeadLettersRoutes.Map(routes);
        TrackingRoutes.Map(routes);
        TrackRoutes.Map(routes);
        CommerceRoutes.Map(routes);
        StorefrontRoutes.Map(routes);
        AuthRoutes.Map(routes);
        MemberRoutes.Map(routes);
        RoleRoutes.Map(routes);
        ApiKeyRoutes.Map(routes);
        PrivacyRoutes.Map(routes);
        OidcRoutes.Map(routes);
        UsageRoutes.Map(routes);
        ExportsRoutes.Map(routes);
        TapRoutes.Map(routes);
        ReconciliationRoutes.Map(routes);
        JobsRoutes.Map(routes);
        AuditRoutes.Map(routes);
        SettingsRoutes.Map(routes);
        HealthRoutes.Map(routes);
        routes.MapDocumentation();
    }
}
