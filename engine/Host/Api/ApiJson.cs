using System.Text.Json;
using System.Text.Json.Serialization;
using CartRecovery.Engine.ControlPlane.Flags;
using CartRecovery.Engine.ControlPlane.Reconciliations;
using CartRecovery.Engine.ControlPlane.Segments;
using CartRecovery.Engine.ControlPlane.Templates;
using CartRecovery.Engine.Models;
using CartRecovery.Host.Api.Alerts;
using CartRecovery.Host.Api.Alerts.Alertmanager;
using CartRecovery.Host.Api.Alerts.Prometheus;
using CartRecovery.Host.Api.Analytics;
using CartRecovery.Host.Api.Anomalies;
using CartRecovery.Host.Api.Audit;
using CartRecovery.Host.Api.Auth;
using CartRecovery.Host.Api.Auth.Oidc;
using CartRecovery.Host.Api.Campaigns;
using CartRecovery.Host.Api.Campaigns.Backtests;
using CartRecovery.Host.Api.Campaigns.Managed;
using CartRecovery.Host.Api.Carts;
using CartRecovery.Host.Api.Codes;
using CartRecovery.Host.Api.Commerce;
using CartRecovery.Host.Api.Customers;
using CartRecovery.Host.Api.DeadLetters;
using CartRecovery.Host.Api.Events;
using CartRecovery.Host.Api.Experiments;
using CartRecovery.Host.Api.Features;
using CartRecovery.Host.Api.Flags;
using CartRecovery.Host.Api.Health;
using CartRecovery.Host.Api.Incidents;
using CartRecovery.Host.Api.Inference;
using CartRecovery.Host.Api.Insights;
using CartRecovery.Host.Api.Interventions;
using CartRecovery.Host.Api.Jobs;
using CartRecovery.Host.Api.Keys;
using CartRecovery.Host.Api.Learning;
using CartRecovery.Host.Api.Logs;
using CartRecovery.Host.Api.Members;
using CartRecovery.Host.Api.Models;
using CartRecovery.Host.Api.Monitoring;
using CartRecovery.Host.Api.Monitoring.Grafana;
using CartRecovery.Host.Api.Predictions;
using CartRecovery.Host.Api.Privacy;
using CartRecovery.Host.Api.Products;
using CartRecovery.Host.Api.Responses;
using CartRecovery.Host.Api.Roles;
using CartRecovery.Host.Api.Segments;
using CartRecovery.Host.Api.Serving;
using CartRecovery.Host.Api.Templates;
using CartRecovery.Host.Api.Settings;
using CartRecovery.Host.Api.Suppressions;
using CartRecovery.Host.Api.Tap;
using CartRecovery.Host.Api.Security;
using CartRecovery.Host.Api.Tracking;
using CartRecovery.Host.Api.Usage;
using CartRecovery.Host.Reconciliation;
using CartRecovery.Host.Api.Dashboards;
using CartRecovery.Host.Api.Status;

namespace CartRecovery.Host.Api;

/// <summary>JSON metadata for the API's bodies, including those that only the OpenAPI document needs.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(EventBody))]
[JsonSerializable(typeof(EventsResponse))]
[JsonSerializable(typeof(EventsStatistics))]
[JsonSerializable(typeof(CartFeatures))]
[JsonSerializable(typeof(ItemPage<FeatureItem>))]
[JsonSerializable(typeof(PredictionBody))]
[JsonSerializable(typeof(Prediction))]
[JsonSerializable(typeof(PredictionBatchBody))]
[JsonSerializable(typeof(PredictionBatch))]
[JsonSerializable(typeof(FeaturesBody))]
[JsonSerializable(typeof(FeaturesBatchBody))]
[JsonSerializable(typeof(CartsFeatures))]
[JsonSerializable(typeof(InferenceServer))]
[JsonSerializable(typeof(InferenceLive))]
[JsonSerializable(typeof(InferenceReady))]
[JsonSerializable(typeof(InferenceModel))]
[JsonSerializable(typeof(InferenceBodies))]
[JsonSerializable(typeof(InferenceResult))]
[JsonSerializable(typeof(InferenceFailure))]
[JsonSerializable(typeof(ModelStatus))]
[JsonSerializable(typeof(ItemPage<ModelItem>))]
[JsonSerializable(typeof(ModelDetail))]
[JsonSerializable(typeof(NewModelBody))]
[JsonSerializable(typeof(ItemPage<AliasItem>))]
[JsonSerializable(typeof(ItemPage<AliasChangeItem>))]
[JsonSerializable(typeof(AliasMoveBody))]
[JsonSerializable(typeof(DeployBody))]
[JsonSerializable(typeof(ModelRollbackBody))]
[JsonSerializable(typeof(AliasMoved))]
[JsonSerializable(typeof(CanaryBody))]
[JsonSerializable(typeof(CanaryStatus))]
[JsonSerializable(typeof(ItemPage<ShadowItem>))]
[JsonSerializable(typeof(PromotionBody))]
[JsonSerializable(typeof(ServingStatus))]
[JsonSerializable(typeof(ShadowBody))]
[JsonSerializable(typeof(ShadowItem))]
[JsonSerializable(typeof(ModelDifference))]
[JsonSerializable(typeof(CartLife))]
[JsonSerializable(typeof(ItemPage<CartRow>))]
[JsonSerializable(typeof(ItemPage<CampaignItem>))]
[JsonSerializable(typeof(ItemPage<CustomerRow>))]
[JsonSerializable(typeof(CustomerReach))]
[JsonSerializable(typeof(ItemPage<TimelineRow>))]
[JsonSerializable(typeof(ItemPage<ProductRow>))]
[JsonSerializable(typeof(ItemPage<SuppressionRow>))]
[JsonSerializable(typeof(ItemPage<InterventionRow>))]
[JsonSerializable(typeof(RetriedIntervention))]
[JsonSerializable(typeof(SentEvent))]
[JsonSerializable(typeof(ReconciliationReport))]
[JsonSerializable(typeof(ItemPage<ReconciliationReport>))]
[JsonSerializable(typeof(ShopRow))]
[JsonSerializable(typeof(TrackBody))]
[JsonSerializable(typeof(TrackedIntervention))]
[JsonSerializable(typeof(ConversionBody))]
[JsonSerializable(typeof(CartItemBody))]
[JsonSerializable(typeof(CheckoutBody))]
[JsonSerializable(typeof(ItemPage<OrderRow>))]
[JsonSerializable(typeof(NewUserBody))]
[JsonSerializable(typeof(UserChange))]
[JsonSerializable(typeof(UserItem))]
[JsonSerializable(typeof(ItemPage<UserRow>))]
[JsonSerializable(typeof(InterventionBody))]
[JsonSerializable(typeof(InterventionBatchBody))]
[JsonSerializable(typeof(InterventionChangeBody))]
[JsonSerializable(typeof(ScheduledIntervention))]
[JsonSerializable(typeof(InterventionBatchResult))]
[JsonSerializable(typeof(PreviewBody))]
[JsonSerializable(typeof(TestBody))]
[JsonSerializable(typeof(TestSent))]
[JsonSerializable(typeof(ItemPage<PerformanceRow>))]
[JsonSerializable(typeof(ItemPage<ChannelRow>))]
[JsonSerializable(typeof(ItemPage<ConversionFunnelRow>))]
[JsonSerializable(typeof(ItemPage<ReasonRow>))]
[JsonSerializable(typeof(ItemPage<ConversionRow>))]
[JsonSerializable(typeof(RevenueResponse))]
[JsonSerializable(typeof(List<ProductBody>))]
[JsonSerializable(typeof(StoredProducts))]
[JsonSerializable(typeof(LoginBody))]
[JsonSerializable(typeof(RefreshBody))]
[JsonSerializable(typeof(PasswordBody))]
[JsonSerializable(typeof(TotpBody))]
[JsonSerializable(typeof(SessionTokens))]
[JsonSerializable(typeof(CurrentUser))]
[JsonSerializable(typeof(TotpSecret))]
[JsonSerializable(typeof(TotpCodes))]
[JsonSerializable(typeof(Dictionary<string, System.Text.Json.JsonElement>))]
[JsonSerializable(typeof(ConsentHistory))]
[JsonSerializable(typeof(List<ConsentItem>))]
[JsonSerializable(typeof(RetentionPreview))]
[JsonSerializable(typeof(ForgetBody))]
[JsonSerializable(typeof(ErasureItem))]
[JsonSerializable(typeof(ItemPage<ErasureItem>))]
[JsonSerializable(typeof(ApiKeyBody))]
[JsonSerializable(typeof(RotationBody))]
[JsonSerializable(typeof(IssuedApiKey))]
[JsonSerializable(typeof(ItemPage<ApiKeyItem>))]
[JsonSerializable(typeof(SegmentDefinition))]
[JsonSerializable(typeof(NewSegmentBody))]
[JsonSerializable(typeof(SegmentItem))]
[JsonSerializable(typeof(ItemPage<SegmentItem>))]
[JsonSerializable(typeof(SegmentSize))]
[JsonSerializable(typeof(TemplateDefinition))]
[JsonSerializable(typeof(NewTemplateBody))]
[JsonSerializable(typeof(TemplateItem))]
[JsonSerializable(typeof(ItemPage<TemplateItem>))]
[JsonSerializable(typeof(TemplateCheckResult))]
[JsonSerializable(typeof(TemplatePreviewBody))]
[JsonSerializable(typeof(TemplateDraftBody))]
[JsonSerializable(typeof(TemplatePreview))]
[JsonSerializable(typeof(FlagDefinition))]
[JsonSerializable(typeof(NewFlagBody))]
[JsonSerializable(typeof(FlagItem))]
[JsonSerializable(typeof(ItemPage<FlagItem>))]
[JsonSerializable(typeof(NewExperimentBody))]
[JsonSerializable(typeof(ExperimentChange))]
[JsonSerializable(typeof(ExperimentEnd))]
[JsonSerializable(typeof(ExperimentItem))]
[JsonSerializable(typeof(ItemPage<ExperimentItem>))]
[JsonSerializable(typeof(ItemPage<UsageItem>))]
[JsonSerializable(typeof(TapPage))]
[JsonSerializable(typeof(OfrepRequest))]
[JsonSerializable(typeof(OfrepSuccess))]
[JsonSerializable(typeof(OfrepFailure))]
[JsonSerializable(typeof(OfrepBulkSuccess))]
[JsonSerializable(typeof(OfrepBulkFailure))]
[JsonSerializable(typeof(ResetBody))]
[JsonSerializable(typeof(RoleBody))]
[JsonSerializable(typeof(RoleChange))]
[JsonSerializable(typeof(ItemPage<RoleItem>))]
[JsonSerializable(typeof(MemberBody))]
[JsonSerializable(typeof(MemberChange))]
[JsonSerializable(typeof(InvitedMember))]
[JsonSerializable(typeof(ItemPage<MemberItem>))]
[JsonSerializable(typeof(OidcSignOut))]
[JsonSerializable(typeof(ItemPage<AuditRow>))]
[JsonSerializable(typeof(ItemPage<LogRow>))]
[JsonSerializable(typeof(GrafanaStatus))]
[JsonSerializable(typeof(List<string>))]
[JsonSerializable(typeof(List<GrafanaMetric>))]
[JsonSerializable(typeof(List<GrafanaTag>))]
[JsonSerializable(typeof(List<GrafanaValue>))]
[JsonSerializable(typeof(GrafanaValue[]))]
[JsonSerializable(typeof(List<GrafanaAnnotation>))]
[JsonSerializable(typeof(List<JsonElement>))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(BacktestBody))]
[JsonSerializable(typeof(BacktestStarted))]
[JsonSerializable(typeof(BacktestItem))]
[JsonSerializable(typeof(ItemPage<BacktestItem>))]
[JsonSerializable(typeof(CampaignBody))]
[JsonSerializable(typeof(CampaignDetail))]
[JsonSerializable(typeof(ItemPage<CampaignVersionItem>))]
[JsonSerializable(typeof(SettingsResponse))]
[JsonSerializable(typeof(SettingResponse))]
[JsonSerializable(typeof(SettingsOutcome))]
[JsonSerializable(typeof(SettingsVersionDetail))]
[JsonSerializable(typeof(ItemPage<SettingsVersionItem>))]
[JsonSerializable(typeof(ItemPage<ScheduledSettingsItem>))]
[JsonSerializable(typeof(SettingsDifference))]
[JsonSerializable(typeof(RollbackBody))]
[JsonSerializable(typeof(JobChange))]
[JsonSerializable(typeof(JobStarted))]
[JsonSerializable(typeof(JobCancelled))]
[JsonSerializable(typeof(ItemPage<JobItem>))]
[JsonSerializable(typeof(ItemPage<JobRunItem>))]
[JsonSerializable(typeof(QualityReport))]
[JsonSerializable(typeof(ItemPage<QualityReport>))]
[JsonSerializable(typeof(FeatureProfile))]
[JsonSerializable(typeof(TrainingReport))]
[JsonSerializable(typeof(ItemPage<TrainingReport>))]
[JsonSerializable(typeof(EvaluationRun))]
[JsonSerializable(typeof(ItemPage<EvaluationRun>))]
[JsonSerializable(typeof(DriftReference))]
[JsonSerializable(typeof(DriftReport))]
[JsonSerializable(typeof(ItemPage<DriftReport>))]
[JsonSerializable(typeof(ItemPage<FeatureProfile>))]
[JsonSerializable(typeof(SuppressionBody))]
[JsonSerializable(typeof(SuppressedAddresses))]
[JsonSerializable(typeof(DiscountCode))]
[JsonSerializable(typeof(RedemptionBody))]
[JsonSerializable(typeof(ItemPage<DeadLetterItem>))]
[JsonSerializable(typeof(DeadLetterDetail))]
[JsonSerializable(typeof(DeadLetterRepair))]
[JsonSerializable(typeof(DeadLetterSelectionBody))]
[JsonSerializable(typeof(DeadLetterReplayResponse))]
[JsonSerializable(typeof(DroppedLetters))]
[JsonSerializable(typeof(RestoredCart))]
[JsonSerializable(typeof(AlertItem))]
[JsonSerializable(typeof(IReadOnlyList<AlertItem>))]
[JsonSerializable(typeof(ItemPage<AlertItem>))]
[JsonSerializable(typeof(AlertHistoryPage))]
[JsonSerializable(typeof(AcknowledgementBody))]
[JsonSerializable(typeof(ResolutionBody))]
[JsonSerializable(typeof(AlertRuleBody))]
[JsonSerializable(typeof(AlertRuleItem))]
[JsonSerializable(typeof(IReadOnlyList<AlertRuleItem>))]
[JsonSerializable(typeof(AlertRuleTrial))]
[JsonSerializable(typeof(AlertRuleBacktest))]
[JsonSerializable(typeof(PrometheusRules))]
[JsonSerializable(typeof(PrometheusAlertsAnswer))]
[JsonSerializable(typeof(AmStatus))]
[JsonSerializable(typeof(IReadOnlyList<AmReceiver>))]
[JsonSerializable(typeof(IReadOnlyList<AmAlert>))]
[JsonSerializable(typeof(IReadOnlyList<AmGroup>))]
[JsonSerializable(typeof(List<AmPostedAlert>))]
[JsonSerializable(typeof(AmSilenceBody))]
[JsonSerializable(typeof(IReadOnlyList<AmInterval>))]
[JsonSerializable(typeof(AmSilenceCreated))]
[JsonSerializable(typeof(AmSilence))]
[JsonSerializable(typeof(IReadOnlyList<AmSilence>))]
[JsonSerializable(typeof(AmSilencePreview))]
[JsonSerializable(typeof(IncidentBody))]
[JsonSerializable(typeof(IncidentEntryBody))]
[JsonSerializable(typeof(IncidentItem))]
[JsonSerializable(typeof(ItemPage<IncidentItem>))]
[JsonSerializable(typeof(IncidentReport))]
[JsonSerializable(typeof(AnomalyChange))]
[JsonSerializable(typeof(AnomalyItem))]
[JsonSerializable(typeof(ItemPage<AnomalyItem>))]
[JsonSerializable(typeof(ItemPage<ThreatItem>))]
[JsonSerializable(typeof(IncidentDashboard))]
[JsonSerializable(typeof(IncidentFiguresItem))]
[JsonSerializable(typeof(PromResponse))]
[JsonSerializable(typeof(List<MetricItem>))]
[JsonSerializable(typeof(MetricPush))]
[JsonSerializable(typeof(MetricPushed))]
[JsonSerializable(typeof(HealthResponse))]
[JsonSerializable(typeof(ServiceHealth))]
[JsonSerializable(typeof(List<ServiceHealth>))]
[JsonSerializable(typeof(Dictionary<string, DependencyHealth>))]
[JsonSerializable(typeof(DetailedHealth))]
[JsonSerializable(typeof(SlaDashboard))]
[JsonSerializable(typeof(PipelineStatus))]
[JsonSerializable(typeof(CacheStatistics))]
[JsonSerializable(typeof(CacheFlushed))]
[JsonSerializable(typeof(OverviewDashboard))]
[JsonSerializable(typeof(PerformanceDashboard))]
[JsonSerializable(typeof(BusinessDashboard))]
[JsonSerializable(typeof(StatusReport))]
[JsonSerializable(typeof(ProbeResult))]
sealed partial class ApiJson : JsonSerializerContext;
