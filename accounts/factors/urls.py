"""The paths of the second factor."""

from django.urls import path

from . import views

urlpatterns = [
    path("auth/login/factor", views.FactorView.as_view()),
    path("auth/login/passkey/options", views.PasskeyOptionsView.as_view()),
    path("auth/login/passkey", views.PasskeySignInView.as_view()),
    path("auth/factors", views.FactorsView.as_view()),
    path("auth/passkeys/options", views.NewPasskeyOptionsView.as_view()),
    path("auth/passkeys", views.NewPasskeyView.as_view()),
    path("auth/passkeys/<str:passkey_id>", views.PasskeyView.as_view()),
    path("auth/totp", views.TotpView.as_view()),
    path("auth/totp/confirm", views.TotpConfirmView.as_view()),
    path("auth/recovery-codes", views.RecoveryCodesView.as_view()),
]
